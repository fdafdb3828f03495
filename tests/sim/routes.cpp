#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>

#include "core/error.hpp"
#include "platforms/fabric.hpp"
#include "platforms/load.hpp"
#include "sim/route_reader.hpp"
#include "tests/sim/networks.hpp"
#include "tests/support/folder.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

using Kind = Collective::Operation;

constexpr const char* kHead =
    "<?xml version='1.0'?>\n<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n<platform version=\"4.1\">\n";

/// Four hosts behind one switch, as SimGrid's own cluster has them.
const std::string kCluster =
    "<cluster id=\"c\" prefix=\"node-\" suffix=\"\" radical=\"0-3,10\" speed=\"1Gf\" bw=\"1GBps\" lat=\"1us\" "
    "sharing_policy=\"SPLITDUPLEX\"/>";

/// Two pairs of hosts and one link between the pairs.
std::string dumbbell(const std::string& trunk) {
  return "<zone id=\"z\" routing=\"Full\">\n"
         "<host id=\"a1\" speed=\"1Gf\"/><host id=\"a2\" speed=\"1Gf\"/><host id=\"b1\" speed=\"1Gf\"/><host id=\"b2\" speed=\"1Gf\"/>\n"
         "<link id=\"la1\" bandwidth=\"1GBps\" latency=\"1us\"/><link id=\"la2\" bandwidth=\"1GBps\" latency=\"1us\"/>\n"
         "<link id=\"lb1\" bandwidth=\"1GBps\" latency=\"1us\"/><link id=\"lb2\" bandwidth=\"1GBps\" latency=\"1us\"/>\n" +
         trunk +
         "<route src=\"a1\" dst=\"a2\"><link_ctn id=\"la1\"/><link_ctn id=\"la2\"/></route>\n"
         "<route src=\"b1\" dst=\"b2\"><link_ctn id=\"lb1\"/><link_ctn id=\"lb2\"/></route>\n"
         "<route src=\"a1\" dst=\"b1\"><link_ctn id=\"la1\"/><link_ctn id=\"t\"/><link_ctn id=\"lb1\"/></route>\n"
         "<route src=\"a1\" dst=\"b2\"><link_ctn id=\"la1\"/><link_ctn id=\"t\"/><link_ctn id=\"lb2\"/></route>\n"
         "<route src=\"a2\" dst=\"b1\"><link_ctn id=\"la2\"/><link_ctn id=\"t\"/><link_ctn id=\"lb1\"/></route>\n"
         "<route src=\"a2\" dst=\"b2\"><link_ctn id=\"la2\"/><link_ctn id=\"t\"/><link_ctn id=\"lb2\"/></route>\n"
         "</zone>";
}

const std::string kTrunk = "<link id=\"t\" bandwidth=\"1GBps\" latency=\"8us\"/>\n";

/// A file of a folder that lasts as long as it.
class PlatformFile {
 public:
  explicit PlatformFile(const std::string& body) { put(folder_ / "net.xml", kHead + body + "\n</platform>\n"); }
  [[nodiscard]] std::filesystem::path path() const { return folder_ / "net.xml"; }
  [[nodiscard]] RouteTable read() const { return sim::read_simgrid_routes(path()); }
  /// Why it is refused.
  [[nodiscard]] std::string error() const {
    try {
      (void)read();
    } catch (const BadInput& error) {
      return error.what();
    }
    return "";
  }

 private:
  Folder folder_;
};

Platform platform_of(const std::string& body) {
  const PlatformFile file(body);
  const std::vector<Text> settings{{.value = "16 GiB", .file = "--set", .key = "memory-per-node"},
                                   {.value = "2 us", .file = "--set", .key = "link-latency"}};
  return load_platform({.value = file.path().string()}, settings, {}, nullptr, sim::read_simgrid_routes);
}

}  // namespace

TEST_CASE("a cluster of SimGrid has its hosts in the order of their numbers, and a link each way") {
  const RouteTable table = PlatformFile(kCluster).read();
  CHECK(table.nodes == std::vector<std::string>{"node-0", "node-1", "node-2", "node-3", "node-10"});
  CHECK(table.links.size() == 10);
  CHECK(table.crossed.size() == 2 * 5 * 4);
  CHECK(table.latency.value() == Approx(2e-6));
  for (const RouteTable::Link& link : table.links) CHECK(link.bandwidth == BytesPerSecond(1e9));
}

TEST_CASE("a network of a file takes as long as ours of the same links, in both engines") {
  const Platform cluster = platform_of(kCluster);
  CHECK(cluster.nodes == 5);
  CHECK(agreed(Kind::all_reduce, everyone(5), cluster) == Approx(agreed(Kind::all_reduce, everyone(5), described(5, 1))).epsilon(1e-5));
}

TEST_CASE("transfers of a file's network share the link that their routes cross") {
  // 0 to 2 and 1 to 3 over the trunk, 100 MB each at 1 GB/s: one flow each, a shift of two groups.
  const double alone = agreed(Kind::send, group(2, 1), platform_of(dumbbell(kTrunk)));
  CHECK(agreed(Kind::shift, group(2, 2, 2), platform_of(dumbbell(kTrunk))) == Approx(2e-6 + 2 * (alone - 2e-6)).epsilon(1e-5));
}

TEST_CASE("a link that is not shared gives each transfer all of it") {
  const std::string fat = "<link id=\"t\" bandwidth=\"1GBps\" latency=\"8us\" sharing_policy=\"FATPIPE\"/>\n";
  const double alone = agreed(Kind::send, group(2, 1), platform_of(dumbbell(fat)));
  CHECK(agreed(Kind::shift, group(2, 2, 2), platform_of(dumbbell(fat))) == Approx(alone).epsilon(1e-5));
}

TEST_CASE("zones that find the shortest way know the hosts between") {
  for (const std::string routing : {"Floyd", "Dijkstra"}) {
    const RouteTable table =
        PlatformFile("<zone id=\"w\" routing=\"" + routing +
                     "\"><host id=\"a\" speed=\"1Gf\"/><host id=\"b\" speed=\"1Gf\"/><host id=\"c\" speed=\"1Gf\"/>"
                     "<link id=\"l\" bandwidth=\"1GBps\" latency=\"1us\"/><link id=\"m\" bandwidth=\"1GBps\" latency=\"1us\"/>"
                     "<route src=\"a\" dst=\"b\"><link_ctn id=\"l\"/></route>"
                     "<route src=\"b\" dst=\"c\"><link_ctn id=\"m\"/></route></zone>")
            .read();
    CHECK(table.crossed.size() == 2 * (1 + 1 + 2));
  }
}

TEST_CASE("files that SimGrid cannot read, or that say nothing usable, are refused with the reason") {
  CHECK_THAT(PlatformFile("<zone id=\"z\" routing=\"Full\">").error(), Catch::Contains("net.xml: SimGrid cannot read it"));
  CHECK_THAT(PlatformFile("").error(), Catch::Contains("cannot read it"));
  CHECK_THAT(PlatformFile(dumbbell("<link id=\"t\" bandwidth=\"0GBps\" latency=\"8us\"/>\n")).error(), Catch::Contains("cannot read it"));
  CHECK_THAT(PlatformFile(dumbbell("<link id=\"t\" bandwidth=\"-1GBps\" latency=\"8us\"/>\n")).error(), Catch::Contains("cannot read it"));
  CHECK_THAT(PlatformFile(dumbbell("<link id=\"t\" bandwidth=\"nan\" latency=\"8us\"/>\n")).error(), Catch::Contains("cannot read it"));
  CHECK_THAT(PlatformFile(dumbbell("<link id=\"t\" bandwidth=\"1GBps\" latency=\"-8us\"/>\n")).error(), Catch::Contains("cannot read it"));
  CHECK_THAT(PlatformFile(dumbbell("")).error(), Catch::Contains("cannot read it"));
  const std::string dead = "<zone id=\"z\" routing=\"Full\"><host id=\"a\" speed=\"1Gf\"/><host id=\"b\" speed=\"1Gf\"/></zone>";
  CHECK_THAT(PlatformFile(dead).error(), Catch::Contains("finds no route (on the way from a to b)"));
  CHECK_THAT(PlatformFile("<zone id=\"z\" routing=\"Full\"><host id=\"a\" speed=\"1Gf\"/></zone>").error(),
             Catch::Contains("has one host"));
  CHECK_THAT(PlatformFile("<zone id=\"z\" routing=\"Full\"><host id=\"a\" speed=\"1Gf\"/><host id=\"a\" speed=\"1Gf\"/></zone>").error(),
             Catch::Contains("cannot read it"));
  CHECK_THAT(
      [] {
        try {
          (void)sim::read_simgrid_routes("none.xml");
        } catch (const BadInput& error) {
          return std::string(error.what());
        }
        return std::string();
      }(),
      Catch::Contains("none.xml: no such file"));
}

TEST_CASE("zones within zones are read some levels deep, and refused before SimGrid reads them where they are thousands") {
  const auto nested = [](int zones) {
    std::string text, ends;
    for (int i = 0; i < zones; ++i) text += "<zone id=\"z" + std::to_string(i) + "\" routing=\"Full\">\n", ends += "</zone>";
    return text + "<host id=\"a\" speed=\"1Gf\"/><host id=\"b\" speed=\"1Gf\"/><link id=\"l\" bandwidth=\"1GBps\" latency=\"1us\"/>\n" +
           "<route src=\"a\" dst=\"b\"><link_ctn id=\"l\"/></route>" + ends;
  };
  CHECK(PlatformFile(nested(61)).read().nodes.size() == 2);  // platform, zones, route and link_ctn: 64
  CHECK_THAT(PlatformFile(nested(62)).error(),
             Catch::Contains("net.xml: has elements nested too deeply (got 65 levels, allowed at most 64)"));
  CHECK_THAT(PlatformFile(nested(5000)).error(), Catch::Contains("has elements nested too deeply (got 5003 levels"));
}

TEST_CASE("a wireless link, whose bandwidth is each host's own, is refused") {
  const std::string wireless =
      "<zone id=\"world\" routing=\"Full\"><zone id=\"w\" routing=\"WIFI\"><prop id=\"access_point\" value=\"ap\"/>"
      "<host id=\"a\" speed=\"1Gf\"/><host id=\"b\" speed=\"1Gf\"/>"
      "<link id=\"AP1\" bandwidth=\"54Mbps,36Mbps\" latency=\"0ms\" sharing_policy=\"WIFI\"/><router id=\"ap\"/></zone></zone>";
  CHECK_THAT(PlatformFile(wireless).error(), Catch::Contains("has link AP1 without wires"));
}

TEST_CASE("a file's own settings of SimGrid write no file") {
  const Folder folder;
  const std::string written = (folder / "trace").string();
  const PlatformFile file("<config><prop id=\"tracing\" value=\"yes\"/><prop id=\"tracing/filename\" value=\"" + written + "\"/></config>" +
                          kCluster);
  CHECK(file.read().nodes.size() == 5);
  CHECK_FALSE(std::filesystem::exists(written));
}

TEST_CASE("a file is read, and refused with where it fails, on a machine without a folder for temporary files") {
  const PlatformFile cluster(kCluster);
  const PlatformFile dead("<zone id=\"z\" routing=\"Full\"><host id=\"a\" speed=\"1Gf\"/><host id=\"b\" speed=\"1Gf\"/></zone>");
  const char* before = std::getenv("TMPDIR");
  const std::string folder = before == nullptr ? "" : before;
  ::setenv("TMPDIR", "/none", 1);
  CHECK(cluster.read().nodes.size() == 5);
  CHECK_THAT(dead.error(), Catch::Contains("on the way from a to b"));
  before == nullptr ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", folder.c_str(), 1);
}

TEST_CASE("zones whose gateways lead in a circle are refused, not followed") {
  const std::string circle =
      "<zone id=\"top\" routing=\"Full\">\n"
      "<zone id=\"x\" routing=\"Full\"><host id=\"hx\" speed=\"1Gf\"/><router id=\"rx\"/></zone>\n"
      "<zone id=\"y\" routing=\"Full\"><host id=\"hy\" speed=\"1Gf\"/><router id=\"ry\"/></zone>\n"
      "<link id=\"l\" bandwidth=\"1GBps\" latency=\"1us\"/>\n"
      "<zoneRoute src=\"x\" dst=\"y\" gw_src=\"ry\" gw_dst=\"rx\"><link_ctn id=\"l\"/></zoneRoute>\n"
      "</zone>";
  CHECK_THAT(PlatformFile(circle).error(), Catch::Contains("cannot read it"));
}

TEST_CASE("a file of a million hosts is refused within seconds") {
  const auto begin = std::chrono::steady_clock::now();
  const std::string many =
      "<cluster id=\"c\" prefix=\"n\" suffix=\"\" radical=\"0-999999\" speed=\"1Gf\" bw=\"1GBps\" lat=\"1us\" "
      "sharing_policy=\"SPLITDUPLEX\"/>";
  CHECK_THAT(PlatformFile(many).error(), Catch::Contains("cannot read it"));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(60));
}

#include "platforms/picture.hpp"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string_view>
#include <utility>

#include "io/format.hpp"
#include "io/json.hpp"
#include "platforms/fabric.hpp"
#include "platforms/topology.hpp"

namespace forerun {
namespace {

using Kind = Topology::Kind;

constexpr std::int64_t kMostVertices = 96;
constexpr std::int64_t kMostLinks = 600;

std::string quoted(const std::string& text) { return Json(text).dump(); }

std::string times(std::int64_t count, std::string_view what) {
  return count == 1 ? std::string(what) : forerun::format("{} x {}", count, what);
}

std::string counted(std::int64_t count, const std::string& one) {
  if (count == 1) return "1 " + one;
  return forerun::format("{} {}{}", count, one, one.ends_with("ch") ? "es" : "s");
}

std::string cables_text(const Fabric::Tier::Cables& cables) { return times(cables.count, human(cables.bandwidth)); }

std::string devices_text(const Platform& platform) { return times(platform.devices_per_node, platform.device); }

/// What the edges of a drawing carry, and the links inside a node.
std::string caption(const Platform& platform, const std::vector<Fabric::Tier>& tiers) {
  std::string text =
      platform.name + ": " + counted(platform.network_nodes(), "node") + ", " + std::string(to_string(platform.topology.kind));
  if (platform.topology.levels() > 0) text += " " + shape_text(platform.topology);
  for (const Fabric::Tier& tier : tiers) {
    if (tier.below.bandwidth > BytesPerSecond(0))
      text += "\n" + cables_text(tier.below) + (&tier == tiers.data() ? " to nodes" : " between switches");
    for (const Fabric::Tier::Cables& cables : tier.among)
      if (cables.count > 0)
        text += "\n" + cables_text(cables) +
                (platform.topology.kind == Kind::torus ? " between routers"
                 : &cables == tier.among.data()        ? " inside groups"
                                                       : " between groups");
  }
  if (platform.devices_per_node > 1 && platform.intra_node.bandwidth > BytesPerSecond(0))
    text += forerun::format("\n{} of {} a device inside a node", to_string(platform.fabric), human(platform.intra_node_rate()));
  return text;
}

void draw_each(const Platform& platform, const Fabric& fabric, std::string& out) {
  const auto vertex = [&](std::int64_t number) {
    const int nodes = platform.network_nodes();
    return number < nodes ? forerun::format("n{}", number) : forerun::format("s{}", number - nodes);
  };
  for (int node = 0; node < platform.network_nodes(); ++node)
    out += forerun::format("  n{} [label={}];\n", node, quoted(forerun::format("node {}\n{}", node, devices_text(platform))));
  for (std::int64_t number = 0; number < fabric.switches(); ++number)
    out += forerun::format("  s{} [shape=ellipse, label=\"{}\"];\n", number, number);
  std::set<std::pair<std::int64_t, std::int64_t>> drawn;
  for (std::int64_t index = 0; index < fabric.links(); ++index) {
    const Fabric::Link link = fabric.link(index);
    // A ring of one has no cable.
    if (link.from == link.to || !drawn.insert(std::minmax(link.from, link.to)).second) continue;
    out += forerun::format("  {} -- {} [tooltip={}];\n", vertex(link.from), vertex(link.to), quoted(human(link.bandwidth)));
  }
}

/// Links as boxes without a frame, each joined to those that a message crosses before and after it.
void draw_routes(const Platform& platform, const Fabric& fabric, std::string& out) {
  const RouteTable& table = *platform.topology.routes;
  for (std::size_t node = 0; node < table.nodes.size(); ++node)
    out += forerun::format("  n{} [label={}];\n", node, quoted(table.nodes[node]));
  for (std::int64_t link = 0; link < fabric.links(); ++link)
    out += forerun::format("  l{} [shape=plain, label={}];\n", link, quoted(fabric.link(link).name + "\n" + human(fabric.bandwidth(link))));
  std::set<std::pair<std::string, std::string>> drawn;
  std::vector<std::int64_t> crossed;
  const auto draw = [&](const std::string& from, const std::string& to) {
    if (drawn.insert(std::minmax(from, to)).second) out += forerun::format("  {} -- {};\n", from, to);
  };
  const int nodes = platform.network_nodes();
  for (int from = 0; from < nodes; ++from)
    for (int to = 0; to < nodes; ++to) {
      if (from == to) continue;
      crossed.clear();
      fabric.route(from, to, crossed);
      std::string last = forerun::format("n{}", from);
      for (const std::int64_t link : crossed) {
        std::string next = forerun::format("l{}", link);
        draw(last, next);
        last = std::move(next);
      }
      draw(last, forerun::format("n{}", to));
    }
}

void draw_folded(const Platform& platform, const std::vector<Fabric::Tier>& tiers, std::string& out) {
  if (const SharedRoutes& routes = platform.topology.routes) {
    out += forerun::format("  t1 [shape=plain, label={}];\n  t0 -- t1;\n", quoted(counted(std::ssize(routes->links), "link")));
  }
  out += forerun::format("  t0 [label={}];\n", quoted(counted(platform.network_nodes(), "node") + "\n" + devices_text(platform)));
  for (std::size_t t = 0; t < tiers.size(); ++t) {
    const char* what = platform.topology.kind == Kind::torus || platform.topology.kind == Kind::dragonfly ? "router" : "switch";
    out += forerun::format("  t{} [shape=ellipse, label={}];\n", t + 1, quoted(counted(tiers[t].switches, what)));
    out += forerun::format("  t{} -- t{} [label={}];\n", t, t + 1, quoted(cables_text(tiers[t].below)));
    for (const Fabric::Tier::Cables& cables : tiers[t].among)
      if (cables.count > 0) out += forerun::format("  t{} -- t{} [label={}];\n", t + 1, t + 1, quoted(cables_text(cables)));
  }
}

}  // namespace

std::string platform_dot(const Platform& platform) {
  const Fabric fabric(platform);
  const std::vector<Fabric::Tier> tiers = fabric.tiers();
  const bool tree = platform.topology.kind == Kind::star || platform.topology.kind == Kind::fat_tree;
  const bool small = platform.network_nodes() + fabric.switches() <= kMostVertices && fabric.links() <= kMostLinks;
  std::string out = forerun::format("graph {} {{\n  rankdir=BT;\n  layout={};\n  overlap=false;\n  label={};\n  node [shape=box];\n",
                                    quoted(platform.name), tree || !small ? "dot" : "neato", quoted(caption(platform, tiers)));
  if (platform.topology.routes && small)
    draw_routes(platform, fabric, out);
  else if (small)
    draw_each(platform, fabric, out);
  else
    draw_folded(platform, tiers, out);
  return out + "}\n";
}

}  // namespace forerun

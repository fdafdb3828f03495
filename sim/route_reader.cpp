#include "sim/route_reader.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <simgrid/s4u.hpp>
#include <unordered_map>

#include "core/error.hpp"
#include "io/file.hpp"
#include "io/format.hpp"
#include "io/xml_depth.hpp"
#include "sim/child.hpp"
#include "sim/message.hpp"

namespace forerun::sim {

namespace {

namespace s4u = simgrid::s4u;
namespace fs = std::filesystem;

constexpr rlim_t kMostSeconds = 20;
constexpr std::size_t kMostBytes = std::size_t{1} << 29;  // a route of each pair of hosts is some hundred
// Zones lie some levels deep; of thousands SimGrid writes over its own memory.
constexpr int kMostDepth = 64;
#ifdef __SANITIZE_ADDRESS__
constexpr rlim_t kMostMemory = RLIM_INFINITY;  // its shadow alone is terabytes of addresses
#else
constexpr rlim_t kMostMemory = rlim_t{2} << 30;
#endif

/// Why a file says nothing usable; told apart from what SimGrid throws.
[[noreturn]] void refuse(const std::string& what) { throw std::runtime_error(what); }

/// Numbers within names are compared as numbers.
bool natural_less(const std::string& a, const std::string& b) {
  const auto digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (!digit(a[i]) || !digit(b[j])) {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i, ++j;
      continue;
    }
    const auto number = [&](const std::string& text, std::size_t& at) {
      while (at < text.size() && text[at] == '0') ++at;
      const std::size_t begin = at;
      while (at < text.size() && digit(text[at])) ++at;
      return text.substr(begin, at - begin);
    };
    const std::string x = number(a, i), y = number(b, j);
    if (x.size() != y.size()) return x.size() < y.size();
    if (x != y) return x < y;
  }
  return a.size() - i < b.size() - j;
}

/// What a child leaves behind that breaks off: SimGrid's own words, in a file that is gone at the end, and what it was at. Where there is
/// no place for such a file, what it was at.
class LastWords {
 public:
  LastWords() : way_(::mmap(nullptr, kWay, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
    std::error_code none;
    path_ = (fs::temp_directory_path(none) / "forerun-XXXXXX").string();
    const int made = none ? -1 : ::mkstemp(path_.data());
    if (made >= 0)
      ::close(made);
    else
      path_.clear();
  }
  ~LastWords() {
    std::error_code none;
    fs::remove(path_, none);
    if (way_ != MAP_FAILED) ::munmap(way_, kWay);
  }
  LastWords(const LastWords&) = delete;
  LastWords& operator=(const LastWords&) = delete;

  /// Within the child: its standard error goes there.
  void take_errors() const {
    const int file = ::open(path_.empty() ? "/dev/null" : path_.c_str(), O_WRONLY | O_TRUNC);
    if (file >= 0) ::dup2(file, STDERR_FILENO), ::close(file);
  }

  /// Within the child: it looks for a route.
  void looks_for(const std::string& from, const std::string& to) const {
    if (way_ != MAP_FAILED) std::snprintf(static_cast<char*>(way_), kWay, " (on the way from %s to %s)", from.c_str(), to.c_str());
  }

  /// Why the child broke off, as one line: the first of the log, after its brackets, else `otherwise`; and the way that it was at.
  [[nodiscard]] std::string said(const std::string& otherwise) const {
    const std::string text = path_.empty() ? "" : read_file(path_);
    std::string line = text.substr(0, text.find('\n'));
    if (const std::size_t end = line.rfind("] "); end != std::string::npos) line = line.substr(end + 2);
    const std::string way = way_ == MAP_FAILED ? "" : static_cast<const char*>(way_);
    // SimGrid follows a route that is not there as if it were.
    if (line.starts_with("Segmentation fault") && !way.empty()) line = "finds no route";
    return (line.empty() ? otherwise : line) + way;
  }

 private:
  static constexpr std::size_t kWay = 512;
  std::string path_;
  void* way_;
};

/// Writes down the routes between hosts as SimGrid finds them.
class Reader {
 public:
  Reader(const fs::path& file, const LastWords& words) : words_(words) {
    // A file's own <config> cannot undo what is said here, and could have SimGrid write a trace over any file.
    std::string name = "forerun", quiet = "--log=root.thres:critical", untraced = "--cfg=tracing:no";
    std::vector<char*> arguments{name.data(), quiet.data(), untraced.data()};
    int count = static_cast<int>(arguments.size());
    auto* engine = new s4u::Engine(&count, arguments.data());
    engine->load_platform(file.string());
    engine->seal_platform();  // some kinds of zone look their routes up only then
    hosts_ = engine->get_all_hosts();
    std::ranges::sort(hosts_, [](const s4u::Host* a, const s4u::Host* b) { return natural_less(a->get_name(), b->get_name()); });
    table_.file = file.string();
  }

  RouteTable read() {
    if (hosts_.empty()) refuse("has no host");
    if (hosts_.size() == 1) refuse("has one host, and no network");
    if (std::ssize(hosts_) > kMostHosts) refuse(forerun::format("has {} hosts, and at most {} are read", hosts_.size(), kMostHosts));
    for (const s4u::Host* host : hosts_) table_.nodes.push_back(host->get_name());
    for (const s4u::Host* from : hosts_)
      for (const s4u::Host* to : hosts_) add_route(from, to);
    table_.first.push_back(std::ssize(table_.crossed));
    return std::move(table_);
  }

 private:
  void add_route(const s4u::Host* from, const s4u::Host* to) {
    table_.first.push_back(std::ssize(table_.crossed));
    if (from == to) return;
    std::vector<s4u::Link*> links;
    double latency_s = 0;
    words_.looks_for(from->get_name(), to->get_name());
    from->route_to(to, links, &latency_s);
    if (links.empty()) refuse("finds no route");
    if (!std::isfinite(latency_s) || latency_s < 0) refuse("finds a latency that is none");
    // A sum of decimal fractions, without what adding them up in binary left behind its sixteenth digit.
    constexpr double kSteps = 1e15;
    table_.latency = std::max(table_.latency, Seconds(std::round(latency_s * kSteps) / kSteps));
    for (const s4u::Link* link : links) table_.crossed.push_back(number_of(link));
  }

  std::int32_t number_of(const s4u::Link* link) {
    const auto [known, fresh] = numbers_.try_emplace(link, static_cast<std::int32_t>(table_.links.size()));
    if (fresh) {
      const double bandwidth = link->get_bandwidth();
      if (!std::isfinite(bandwidth) || bandwidth <= 0) refuse("gives link " + link->get_name() + " no bandwidth");
      if (!(link->get_latency() >= 0)) refuse("gives link " + link->get_name() + " a negative latency");
      const auto sharing = link->get_sharing_policy();
      // Its rate is each host's own, and its bandwidth in SimGrid a share of that.
      if (sharing == s4u::Link::SharingPolicy::WIFI)
        refuse("has link " + link->get_name() + " without wires, which has no bandwidth of its own");
      table_.links.push_back({link->get_name(), BytesPerSecond(bandwidth), sharing != s4u::Link::SharingPolicy::FATPIPE});
    }
    return known->second;
  }

  const LastWords& words_;
  std::vector<s4u::Host*> hosts_;
  std::unordered_map<const s4u::Link*, std::int32_t> numbers_;
  RouteTable table_;
};

std::string encode(const RouteTable& table) {
  Encoder out;
  out.put(table.file);
  out.put(table.nodes);
  out.put(table.links.size());
  for (const RouteTable::Link& link : table.links) out.put(link.name), out.put(link.bandwidth), out.put(link.shared);
  out.put(table.crossed);
  out.put(table.first);
  out.put(table.latency);
  return out.take();
}

RouteTable decode(const std::string& answer) {
  RouteTable table;
  Decoder in(answer);
  std::size_t links = 0;
  in.get(table.file), in.get(table.nodes), in.get(links);
  table.links.resize(links);
  for (RouteTable::Link& link : table.links) in.get(link.name), in.get(link.bandwidth), in.get(link.shared);
  in.get(table.crossed), in.get(table.first), in.get(table.latency);
  return table;
}

}  // namespace

RouteTable read_simgrid_routes(const fs::path& file) {
  std::error_code none;
  if (!fs::is_regular_file(file, none)) throw BadInput(Problem{.file = file.string(), .what = "no such file"});
  if (const int depth = xml_depth(read_bytes(file, kMostBytes)); depth > kMostDepth)
    throw BadInput(Problem{.file = file.string(),
                           .what = "has elements nested too deeply",
                           .got = forerun::format("{} levels", depth),
                           .allowed = forerun::format("at most {}", kMostDepth)});
  const LastWords words;
  try {
    return decode(ask_child([&] {
      words.take_errors();
      const rlimit time{kMostSeconds, kMostSeconds}, memory{kMostMemory, kMostMemory};
      ::setrlimit(RLIMIT_CPU, &time);
      ::setrlimit(RLIMIT_AS, &memory);
      return encode(Reader(file, words).read());
    }));
  } catch (const SimulationFailed& error) {
    throw BadInput(Problem{.file = file.string(), .what = "SimGrid cannot read it: " + words.said(error.what())});
  }
}

}  // namespace forerun::sim

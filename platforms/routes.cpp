#include "platforms/routes.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "io/format.hpp"

namespace forerun {
namespace {

namespace fs = std::filesystem;

fs::path beside(const Text& text) {
  std::error_code none;
  return fs::is_regular_file(text.file, none) ? fs::path(text.file).parent_path() / text.value : fs::path(text.value);
}

Text written(const Text& place, std::string_view key, std::string value) {
  Text text = missing_beside(place, key);
  text.value = std::move(value);
  return text;
}

}  // namespace

SharedRoutes read_routes(PlatformTexts& texts, const RouteReader& reader, Problems& problems) {
  const auto found = texts.find("network-file");
  if (found == texts.end()) return {};
  const Text place = found->second;
  for (const std::string_view key : {"link-bandwidth", "network-nodes"})
    if (const auto given = texts.find(key); given != texts.end())
      problems.add(problem(given->second, "is what network-file says, which is given too"));
  RouteTable table;
  const bool read = problems.collect([&] {
    if (!reader) throw BadInput(problem(place, "cannot be read here"));
    table = reader(beside(place));
  });
  if (!read) return {};
  BytesPerSecond fastest;
  for (const RouteTable::Link& link : table.links) fastest = std::max(fastest, link.bandwidth);
  const std::string count = std::to_string(table.nodes.size());
  texts.insert_or_assign("network-nodes", written(place, "network-nodes", count));
  texts.try_emplace("nodes", written(place, "nodes", count));
  texts.insert_or_assign("link-bandwidth", written(place, "link-bandwidth", exact(fastest.value()) + " B/s"));
  texts.try_emplace("link-latency", written(place, "link-latency", exact(table.latency.value()) + " s"));
  return SharedRoutes(std::move(table));
}

}  // namespace forerun

#include "strategies/runtimes.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "io/quantity.hpp"
#include "io/suggest.hpp"
#include "io/yaml.hpp"
#include "strategies/data.hpp"

namespace forerun {

namespace {

constexpr std::array<std::string_view, 2> kRuntimes{"forerun", "pytorch-ddp"};
// Named by the design and not lowered yet: a clear word instead of "unknown".
constexpr std::array<std::string_view, 9> kLater{"tf-one-device", "tf-mirrored", "tf-multiworker", "tf-parameter-server", "pytorch-fsdp",
                                                 "horovod",       "megatron",    "ray-train",      "spark-mllib"};

std::string_view file_text(std::string_view name) {
  for (const auto& file : strategies_data())
    if (file.name == name) return file.text;
  return {};
}

// `value` is known to the design under `known`, able to run under `supported`.
[[noreturn]] void refuse(const Text& text, std::string_view what, std::span<const std::string_view> supported,
                         std::span<const std::string_view> later) {
  if (std::find(later.begin(), later.end(), text.value) != later.end())
    throw MissingCapability(std::string(what) + " " + text.value + " is not modelled yet; modelled: " + listed(supported));
  std::vector<std::string_view> known(supported.begin(), supported.end());
  known.insert(known.end(), later.begin(), later.end());
  throw BadInput(problem(text, "unknown " + std::string(what), listed(known), suggest(text.value, known)));
}

}  // namespace

Overlap parse_overlap(const Text& text) {
  if (text.value == "none") return Overlap::none;
  if (text.value == "data") return Overlap::data;
  constexpr std::array<std::string_view, 2> supported{"none", "data"}, later{"tensor", "all"};
  refuse(text, "overlap", supported, later);
}

CollectiveAlgorithm parse_collective(const Text& text) {
  if (text.value == "ring" || text.value == "auto") return CollectiveAlgorithm::ring;
  constexpr std::array<std::string_view, 2> supported{"auto", "ring"};
  constexpr std::array<std::string_view, 2> later{"tree", "recursive-halving-doubling"};
  refuse(text, "collective", supported, later);
}

RuntimeDefaults load_runtime(const Text& name) {
  const auto* found = std::find(kRuntimes.begin(), kRuntimes.end(), name.value);
  if (found == kRuntimes.end()) refuse(name, "runtime", kRuntimes, kLater);
  const std::string file = "runtimes/" + name.value + ".yaml";
  const YamlNode document = read_yaml_text(file_text(file), "strategies/" + file);
  RuntimeDefaults defaults;
  defaults.runtime = static_cast<Runtime>(found - kRuntimes.begin());
  Problems problems;
  Mapping mapping(document, problems);
  mapping.required("source", [&](const Text& text) { defaults.source = text.value; });
  mapping.required("version", [&](const Text& text) { defaults.version = text.value; });
  mapping.required("bucket", [&](const Text& text) { defaults.bucket = parse_bytes(text); });
  mapping.required("first-bucket", [&](const Text& text) { defaults.first_bucket = parse_bytes(text); });
  mapping.required("overlap", [&](const Text& text) { defaults.overlap = parse_overlap(text); });
  mapping.required("collective", [&](const Text& text) { defaults.collective = parse_collective(text); });
  mapping.finish();
  problems.throw_if_any();
  return defaults;
}

}  // namespace forerun

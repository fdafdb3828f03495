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

constexpr std::array<std::string_view, 5> kRuntimes{"forerun", "pytorch-ddp", "pytorch-fsdp", "megatron", "tf-parameter-server"};
// Named by the design and not lowered yet: a clear word instead of "unknown".
constexpr std::array<std::string_view, 6> kLater{"tf-one-device", "tf-mirrored", "tf-multiworker", "horovod", "ray-train", "spark-mllib"};

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

bool parse_flag(const Text& text) {
  if (text.value == "true" || text.value == "false") return text.value == "true";
  throw BadInput(problem(text, "is neither true nor false", "true, false"));
}

}  // namespace

Overlap parse_overlap(const Text& text) {
  constexpr std::array values{Overlap::none, Overlap::data, Overlap::tensor, Overlap::all};
  constexpr std::array<std::string_view, 4> names{"none", "data", "tensor", "all"};
  for (const Overlap value : values)
    if (text.value == to_string(value)) return value;
  refuse(text, "overlap", names, {});
}

CollectiveAlgorithm parse_collective(const Text& text) {
  constexpr std::array values{CollectiveAlgorithm::automatic,
                              CollectiveAlgorithm::ring,
                              CollectiveAlgorithm::recursive_halving_doubling,
                              CollectiveAlgorithm::recursive_doubling,
                              CollectiveAlgorithm::double_binary_tree,
                              CollectiveAlgorithm::hierarchical,
                              CollectiveAlgorithm::switch_reduction};
  constexpr std::array<std::string_view, 7> names{"auto",         "ring",  "recursive-halving-doubling", "recursive-doubling", "tree",
                                                  "hierarchical", "switch"};
  for (const CollectiveAlgorithm value : values)
    if (text.value == to_string(value)) return value;
  refuse(text, "collective", names, {});
}

const RuntimeDefaults& runtime_defaults(Runtime runtime) {
  static const std::vector<RuntimeDefaults> all = [] {
    std::vector<RuntimeDefaults> read;
    for (const std::string_view name : kRuntimes) read.push_back(load_runtime({std::string(name), "", 0, 0, "runtime"}));
    return read;
  }();
  return all[static_cast<std::size_t>(runtime)];
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
  mapping.optional("zero", [&](const Text& text) { defaults.zero = static_cast<int>(parse_integer(text, 0, 3)); });
  mapping.optional("most-zero", [&](const Text& text) { defaults.most_zero = static_cast<int>(parse_integer(text, 0, 3)); });
  mapping.optional("servers", [&](const Text& text) { defaults.servers = static_cast<int>(parse_integer(text, 1, 1 << 10)); });
  mapping.optional("least-shard", [&](const Text& text) { defaults.least_shard = parse_bytes(text); });
  mapping.optional("fuses-projections", [&](const Text& text) { defaults.fuses_projections = parse_flag(text); });
  mapping.optional("updates-flat", [&](const Text& text) { defaults.updates_flat = parse_flag(text); });
  mapping.optional("scatters-sends", [&](const Text& text) { defaults.scatters_sends = parse_flag(text); });
  mapping.optional("vocabulary-multiple",
                   [&](const Text& text) { defaults.vocabulary_multiple = static_cast<int>(parse_integer(text, 1, 1 << 20)); });
  mapping.optional("context", [&](const Text& text) { defaults.context = parse_bytes(text); });
  mapping.finish();
  problems.throw_if_any();
  return defaults;
}

Strategy usual_strategy(const RuntimeDefaults& defaults) {
  Strategy strategy;
  strategy.runtime = defaults.runtime;
  strategy.overlap = defaults.overlap;
  strategy.collective = defaults.collective;
  strategy.bucket = defaults.bucket;
  strategy.first_bucket = defaults.first_bucket;
  strategy.zero = defaults.zero;
  strategy.vocabulary_multiple = defaults.vocabulary_multiple;
  strategy.servers = defaults.servers;
  return strategy;
}

}  // namespace forerun

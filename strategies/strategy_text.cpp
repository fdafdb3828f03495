#include "strategies/strategy_text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include "io/format.hpp"
#include "io/quantity.hpp"
#include "io/suggest.hpp"
#include "strategies/runtimes.hpp"
#include "strategies/settings.hpp"

namespace forerun {

namespace {

constexpr std::array<std::string_view, 29> kKeys{"data",
                                                 "tensor",
                                                 "pipeline",
                                                 "context",
                                                 "expert",
                                                 "filter",
                                                 "channel",
                                                 "spatial",
                                                 "zero",
                                                 "sequence-parallel",
                                                 "micro-batch",
                                                 "micro-batches",
                                                 "schedule",
                                                 "interleave",
                                                 "recompute",
                                                 "order",
                                                 "offload",
                                                 "runtime",
                                                 "overlap",
                                                 "collective",
                                                 "bucket",
                                                 "first-bucket",
                                                 "servers",
                                                 "sync",
                                                 "backup-workers",
                                                 "variables",
                                                 "server-nodes",
                                                 "node-reduction",
                                                 "vocabulary-multiple"};
constexpr Bytes kElement(4);  // of a gradient
constexpr std::int64_t kMostRanks = 1 << 20;
constexpr std::int64_t kMostMicroBatches = 1 << 20;
constexpr int kMostChunks = 1 << 10;
constexpr int kMostVocabularyMultiple = 1 << 20;
constexpr int kMostServers = 1 << 10;

void check_key(const Text& setting) {
  if (std::find(kKeys.begin(), kKeys.end(), setting.key) != kKeys.end()) return;
  const std::vector<std::string_view> known(kKeys.begin(), kKeys.end());
  Text key = setting;
  key.key.clear();
  key.value = setting.key;
  throw BadInput(problem(key, "unknown strategy key", listed(known), suggest(setting.key, known)));
}

/// In whole bytes, as strategy_text() writes it; a bucket is full at the same gradient.
Bytes parse_bucket(const Text& given) {
  const Bytes bucket = parse_bytes(given);
  if (bucket < kElement) throw BadInput(problem(given, "holds not one element", "at least 4 B"));
  return Bytes(std::ceil(bucket.value()));
}

/// The value among `values` that `text` names.
template <class Choice, std::size_t count>
Choice parse_choice(const Text& text, const std::array<Choice, count>& values) {
  std::vector<std::string_view> names;
  names.reserve(count);
  for (const Choice value : values) {
    names.push_back(to_string(value));
    if (text.value == names.back()) return value;
  }
  throw BadInput(problem(text, "unknown value", listed(names), suggest(text.value, names)));
}

constexpr std::array kSchedules{Schedule::gpipe, Schedule::one_f_one_b, Schedule::interleaved, Schedule::zero_bubble_h1};
constexpr std::array kRecomputes{Recompute::none, Recompute::selective, Recompute::full};
constexpr std::array kOffloads{Offload::none, Offload::optimizer};
constexpr std::array kPlacements{VariablePlacement::round_robin, VariablePlacement::by_size, VariablePlacement::partitioned};
constexpr std::array kServerNodes{ServerNodes::own, ServerNodes::shared};
constexpr std::array kAxes{Axis::tensor, Axis::context, Axis::expert, Axis::data, Axis::pipeline};

int parse_degree(const Text& text) { return static_cast<int>(parse_integer(text, 1, kMostRanks)); }

bool parse_switch(const Text& text) {
  if (text.value == "on" || text.value == "true") return true;
  if (text.value == "off" || text.value == "false") return false;
  throw BadInput(problem(text, "is neither on nor off", "on, off"));
}

SpatialGrid parse_grid(const Text& text) {
  const auto cross = text.value.find('x');
  if (text.value.find_first_not_of("0123456789") == std::string::npos) return {parse_degree(text), 1};
  if (cross == std::string::npos) throw BadInput(problem(text, "is no grid", "HEIGHTxWIDTH, for example 2x2, or HEIGHT"));
  Text height = text, width = text;
  height.value.resize(cross);
  width.value.erase(0, cross + 1);
  return {parse_degree(height), parse_degree(width)};
}

/// The axes named, innermost first, then the others as they stood.
std::array<Axis, 5> parse_order(const Text& text) {
  std::vector<Axis> order;
  Text part = text;
  for (std::string_view rest = text.value; !rest.empty();) {
    const auto dash = std::min(rest.find('-'), rest.size());
    part.value = rest.substr(0, dash);
    const Axis axis = parse_choice(part, kAxes);
    if (std::find(order.begin(), order.end(), axis) != order.end()) throw BadInput(problem(text, "names " + part.value + " twice"));
    order.push_back(axis);
    rest.remove_prefix(std::min(dash + 1, rest.size()));
  }
  for (const Axis axis : Strategy{}.order)
    if (std::find(order.begin(), order.end(), axis) == order.end()) order.push_back(axis);
  std::array<Axis, 5> all{};
  std::copy(order.begin(), order.end(), all.begin());
  return all;
}

/// What stands in the text in the place of the runtime's defaults.
class Reader {
 public:
  Reader(const std::vector<Text>& settings, Problems& problems) : settings_(settings), problems_(problems) {}

  [[nodiscard]] const Text* find(std::string_view key) const {
    for (const Text& setting : settings_)
      if (setting.key == key) return &setting;
    return nullptr;
  }

  template <class Value, class Parse>
  void read(std::string_view key, Value& into, Parse&& parse) {
    if (const Text* given = find(key)) problems_.collect([&] { into = parse(*given); });
  }

 private:
  const std::vector<Text>& settings_;
  Problems& problems_;
};

void read_degrees(Reader& reader, Strategy& strategy) {
  reader.read("data", strategy.data, parse_degree);
  reader.read("tensor", strategy.tensor, parse_degree);
  reader.read("pipeline", strategy.pipeline, parse_degree);
  reader.read("context", strategy.context, parse_degree);
  reader.read("expert", strategy.expert, parse_degree);
  reader.read("filter", strategy.filter, parse_degree);
  reader.read("channel", strategy.channel, parse_degree);
  reader.read("spatial", strategy.spatial, parse_grid);
  reader.read("zero", strategy.zero, [](const Text& text) { return static_cast<int>(parse_integer(text, 0, 3)); });
}

void read_execution(Reader& reader, Strategy& strategy) {
  const auto count = [](const Text& text) { return parse_integer(text, 1, kMostMicroBatches); };
  reader.read("sequence-parallel", strategy.sequence_parallel, parse_switch);
  reader.read("micro-batch", strategy.micro_batch, count);
  reader.read("micro-batches", strategy.micro_batches, count);
  reader.read("interleave", strategy.interleave, [](const Text& text) { return static_cast<int>(parse_integer(text, 1, kMostChunks)); });
  if (strategy.interleave > 1) strategy.schedule = Schedule::interleaved;
  reader.read("schedule", strategy.schedule, [](const Text& text) { return parse_choice(text, kSchedules); });
  reader.read("recompute", strategy.recompute, [](const Text& text) { return parse_choice(text, kRecomputes); });
  reader.read("order", strategy.order, parse_order);
  reader.read("offload", strategy.offload, [](const Text& text) { return parse_choice(text, kOffloads); });
  reader.read("vocabulary-multiple", strategy.vocabulary_multiple,
              [](const Text& text) { return static_cast<int>(parse_integer(text, 1, kMostVocabularyMultiple)); });
  reader.read("overlap", strategy.overlap, parse_overlap);
  reader.read("collective", strategy.collective, parse_collective);
  reader.read("first-bucket", strategy.first_bucket, parse_bucket);
  reader.read("bucket", strategy.bucket, [&](const Text& given) {
    const Bytes bucket = parse_bucket(given);
    strategy.first_bucket = std::min(strategy.first_bucket, bucket);
    return bucket;
  });
}

void read_servers(Reader& reader, Strategy& strategy) {
  reader.read("servers", strategy.servers, [](const Text& text) { return static_cast<int>(parse_integer(text, 1, kMostServers)); });
  reader.read("backup-workers", strategy.backup_workers,
              [](const Text& text) { return static_cast<int>(parse_integer(text, 0, kMostRanks)); });
  reader.read("sync", strategy.updates, [](const Text& text) { return parse_switch(text) ? Updates::synchronous : Updates::asynchronous; });
  reader.read("variables", strategy.variables, [](const Text& text) { return parse_choice(text, kPlacements); });
  reader.read("server-nodes", strategy.server_nodes, [](const Text& text) { return parse_choice(text, kServerNodes); });
  reader.read("node-reduction", strategy.node_reduction, parse_switch);
}

/// Settings of parameter servers need some, and those that wait for no one have no use for a backup.
void check_servers(const Reader& reader, const Strategy& strategy, Problems& problems) {
  const Text* servers = reader.find("servers");
  if (servers != nullptr && strategy.runtime != Runtime::tf_parameter_server && strategy.runtime != Runtime::forerun)
    problems.add(problem(*servers, "runs with runtime=forerun or runtime=tf-parameter-server alone"));
  for (const std::string_view key : {"sync", "backup-workers", "variables", "server-nodes", "node-reduction"})
    if (const Text* given = reader.find(key); given != nullptr && strategy.servers == 0 && given->value != "0")
      problems.add(problem(*given, "is of parameter servers: servers=1 or more"));
  if (const Text* given = reader.find("backup-workers"); strategy.backup_workers > 0 && strategy.updates == Updates::asynchronous)
    problems.add(problem(*given, "waits for no one: leave it out, or sync=on"));
}

/// Runtimes share out so much over the data axis.
void check_zero(const Reader& reader, const Strategy& strategy, Problems& problems) {
  const int most = runtime_defaults(strategy.runtime).most_zero;
  if (const Text* given = reader.find("zero"); given != nullptr && strategy.zero > most)
    problems.add(problem(*given, forerun::format("is more than runtime={} shares out", to_string(strategy.runtime)),
                         forerun::format("0 to {}; runtime=pytorch-fsdp shares out all", most)));
}

/// Where an int would not count the ranks, a double does.
void check_ranks(const Text& text, const Strategy& s, Problems& problems) {
  const double ranks = 1.0 * s.data * s.tensor * s.pipeline * s.context * s.filter * s.channel * s.spatial.height * s.spatial.width;
  if (ranks > kMostRanks) problems.add(problem(text, "has too many ranks", forerun::format("at most {}", kMostRanks)));
}

/// Settings that contradict one another. Where what is unsaid is open, only what is said can.
void check_together(const Reader& reader, const Strategy& strategy, Unsaid unsaid, Problems& problems) {
  const auto refuse = [&](std::string_view key, const char* what) {
    if (const Text* given = reader.find(key)) problems.add(problem(*given, what));
  };
  if (reader.find("micro-batch") != nullptr) refuse("micro-batches", "contradicts micro-batch: give one of them");
  if (strategy.interleave > 1 && strategy.schedule != Schedule::interleaved)
    refuse("schedule", "does not interleave chunks: leave out interleave");
  const auto settled = [&](std::string_view key) { return unsaid == Unsaid::usual || reader.find(key) != nullptr; };
  if (strategy.interleave > 1 && strategy.pipeline == 1 && settled("pipeline"))
    refuse("interleave", "needs a pipeline: pipeline=2 or more");
  if (strategy.sequence_parallel && strategy.tensor == 1 && settled("tensor"))
    refuse("sequence-parallel", "shares out positions over the tensor axis: tensor=2 or more");
}

}  // namespace

Strategy parse_strategy(const Text& text, Unsaid unsaid) {
  Problems problems;
  const std::vector<Text> settings = split_settings(text, problems);
  for (const Text& setting : settings) problems.collect([&] { check_key(setting); });
  Reader reader(settings, problems);
  Text runtime{"forerun", text.file, text.line, text.column, "runtime"};
  if (reader.find("servers") != nullptr) runtime.value = "tf-parameter-server";
  if (const Text* given = reader.find("runtime")) runtime = *given;
  Strategy strategy;
  problems.collect([&] { strategy = usual_strategy(load_runtime(runtime)); });
  read_degrees(reader, strategy);
  read_execution(reader, strategy);
  read_servers(reader, strategy);
  check_servers(reader, strategy, problems);
  check_together(reader, strategy, unsaid, problems);
  check_ranks(text, strategy, problems);
  check_zero(reader, strategy, problems);
  problems.throw_if_any();
  return strategy;
}

std::set<std::string> strategy_keys(const Text& text) {
  Problems problems;
  std::set<std::string> keys;
  if (text.value.find_first_not_of(" \t") == std::string::npos) return keys;
  for (const Text& setting : split_settings(text, problems)) keys.insert(setting.key);
  problems.throw_if_any();
  return keys;
}

}  // namespace forerun

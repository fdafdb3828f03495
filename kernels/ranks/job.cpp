#include "kernels/ranks/job.hpp"

#include "core/limits.hpp"
#include "io/json.hpp"
#include "io/quantity.hpp"
#include "io/yaml.hpp"
#include "kernels/ranks/chunks.hpp"

namespace forerun {

namespace {

Json to_json(const TrainJob& job) {
  Json settings = Json::object();
  for (const auto& [key, value] : job.settings) settings[key] = value;
  Json files = Json::array();
  for (const std::filesystem::path& file : job.data.files) files.push_back(file.string());
  Json kills = Json::array();
  for (const Kill& kill : job.kills) kills.push_back(kill_text(kill));
  return {{"job", "train"},
          {"workload", job.workload},
          {"settings", settings},
          {"strategy", job.strategy},
          {"seed", job.seed},
          {"steps", job.steps},
          {"warm_up", job.warm_up},
          {"resident_batches", job.resident_batches},
          {"kernels", job.kernels == Kernels::eigen_only ? "eigen" : "fastest"},
          {"device", to_string(job.device)},
          {"threads", job.threads},
          {"data", files},
          {"prefetch", job.data.prefetch},
          {"checkpoint_folder", job.checkpoints.folder.string()},
          {"checkpoint_interval", job.checkpoints.when.interval.value_or(0)},
          {"checkpoint_mode", to_string(job.checkpoints.when.mode)},
          {"checkpoint_after", job.checkpoints.after},
          {"kills", kills}};
}

Json to_json(const NetworkJob& job) {
  Json entries = Json::array();
  for (const NetworkEntry& entry : job.entries)
    entries.push_back({{"benchmark", to_string(entry.benchmark)}, {"ranks", entry.ranks}, {"bytes", entry.bytes}});
  return {{"job", "network"}, {"entries", entries}, {"time_a_size_s", job.time_a_size.value()}};
}

constexpr auto kLargestBuffer = static_cast<std::int64_t>(kMostOfMessage * sizeof(float));  // each is one message

void read_checkpoints(Mapping& mapping, CheckpointOptions& checkpoints) {
  mapping.required("checkpoint_folder", [&](const Text& text) { checkpoints.folder = text.value; });
  mapping.required("checkpoint_interval", [&](const Text& text) {
    if (const std::int64_t steps = parse_integer(text, 0, kMostExact); steps > 0) checkpoints.when.interval = steps;
  });
  mapping.required("checkpoint_mode", [&](const Text& text) {
    const bool beside = text.value == to_string(CheckpointMode::asynchronous);
    checkpoints.when.mode = beside ? CheckpointMode::asynchronous : CheckpointMode::synchronous;
  });
  mapping.required("checkpoint_after", [&](const Text& text) { checkpoints.after = parse_integer(text, 0, kMostExact); });
}

TrainJob read_train_job(Mapping& mapping) {
  TrainJob job;
  mapping.required("workload", [&](const Text& text) { job.workload = text.value; });
  mapping.required("settings", [&](const YamlNode& node) {
    for (std::size_t i = 0; i < node.keys.size(); ++i) job.settings.emplace_back(node.keys[i].value, scalar(node.children[i]).value);
  });
  mapping.required("strategy", [&](const Text& text) { job.strategy = text.value; });
  mapping.required("seed", [&](const Text& text) { job.seed = static_cast<std::uint64_t>(parse_integer(text, 0, kMostSeed)); });
  mapping.required("steps", [&](const Text& text) { job.steps = parse_integer(text, 1, kMostExact); });
  mapping.required("warm_up", [&](const Text& text) { job.warm_up = parse_integer(text, 0, kMostExact); });
  mapping.required("resident_batches", [&](const Text& text) { job.resident_batches = static_cast<int>(parse_integer(text, 1, 1 << 20)); });
  mapping.required("kernels", [&](const Text& text) {
    if (text.value != "fastest" && text.value != "eigen") throw BadInput(problem(text, "unknown kernels", "fastest, eigen"));
    job.kernels = text.value == "eigen" ? Kernels::eigen_only : Kernels::fastest;
  });
  mapping.required("device", [&](const Text& text) {
    if (text.value != "cpu" && text.value != "cuda") throw BadInput(problem(text, "unknown device", "cpu, cuda"));
    job.device = text.value == "cuda" ? DeviceKind::cuda : DeviceKind::cpu;
  });
  mapping.required("threads", [&](const Text& text) { job.threads = static_cast<int>(parse_integer(text, 1, 1 << 20)); });
  mapping.required("data", [&](const YamlNode& node) {
    for (const YamlNode& file : node.children) job.data.files.emplace_back(scalar(file).value);
  });
  mapping.required("prefetch", [&](const Text& text) { job.data.prefetch = static_cast<int>(parse_integer(text, 0, 1 << 20)); });
  read_checkpoints(mapping, job.checkpoints);
  mapping.required("kills", [&](const YamlNode& node) {
    for (const YamlNode& kill : node.children) job.kills.push_back(parse_kill(scalar(kill)));
  });
  return job;
}

NetworkEntry read_entry(const YamlNode& node, Problems& problems) {
  NetworkEntry entry;
  Mapping mapping(node, problems);
  mapping.required("benchmark", [&](const Text& text) { entry.benchmark = parse_benchmark(text); });
  mapping.required("ranks", [&](const Text& text) { entry.ranks = static_cast<int>(parse_integer(text, 2, 1 << 20)); });
  mapping.required("bytes", [&](const Text& text) { entry.bytes = parse_integer(text, 4, kLargestBuffer); });
  mapping.finish();
  return entry;
}

NetworkJob read_network_job(Mapping& mapping, Problems& problems) {
  NetworkJob job;
  mapping.required("entries", [&](const YamlNode& list) {
    for (const YamlNode& node : items(list)) job.entries.push_back(read_entry(node, problems));
  });
  mapping.required("time_a_size_s", [&](const Text& text) { job.time_a_size = Seconds(parse_number(text, 0, 3600)); });
  return job;
}

}  // namespace

TrainOptions train_options(const TrainJob& job) {
  TrainOptions options;
  options.steps = job.steps;
  options.warm_up = job.warm_up;
  options.resident_batches = job.resident_batches;
  options.kernels = job.kernels;
  options.device_kind = job.device;
  options.threads = job.threads;
  options.data = job.data;
  options.checkpoints = job.checkpoints;
  options.kills = job.kills;
  return options;
}

std::string kill_text(const Kill& kill) { return std::to_string(kill.rank) + "@" + std::to_string(kill.step); }

Kill parse_kill(const Text& text) {
  const std::size_t at = text.value.find('@');
  if (at == std::string::npos) throw BadInput(problem(text, "is no rank and step", "RANK@STEP, such as 1@25"));
  Text rank = text, step = text;
  rank.value = text.value.substr(0, at), step.value = text.value.substr(at + 1);
  return {static_cast<int>(parse_integer(rank, 0, 1 << 20)), parse_integer(step, 1, kMostExact)};
}

std::string job_text(const Job& job) {
  return json_text(std::visit([](const auto& kind) { return to_json(kind); }, job));
}

Job read_job(const std::filesystem::path& file) {
  const YamlNode document = read_yaml(file);
  Problems problems;
  Mapping mapping(document, problems);
  Job job;
  mapping.required("job", [&](const Text& text) {
    if (text.value == "train")
      job = read_train_job(mapping);
    else if (text.value == "network")
      job = read_network_job(mapping, problems);
    else
      throw BadInput(problem(text, "unknown job", "train, network"));
  });
  mapping.finish();
  problems.throw_if_any();
  return job;
}

}  // namespace forerun

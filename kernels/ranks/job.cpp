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
  return {{"job", "train"},
          {"workload", job.workload},
          {"settings", settings},
          {"strategy", job.strategy},
          {"seed", job.seed},
          {"steps", job.steps},
          {"warm_up", job.warm_up},
          {"resident_batches", job.resident_batches},
          {"kernels", job.kernels == Kernels::eigen_only ? "eigen" : "fastest"}};
}

Json to_json(const NetworkJob& job) {
  return {{"job", "network"}, {"largest_bytes", job.largest_bytes}, {"time_a_size_s", job.time_a_size.value()}};
}

constexpr auto kLargestBuffer = static_cast<std::int64_t>(kMostOfMessage * sizeof(float));  // each is one message

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
  return job;
}

NetworkJob read_network_job(Mapping& mapping) {
  NetworkJob job;
  mapping.required("largest_bytes", [&](const Text& text) { job.largest_bytes = parse_integer(text, 4, kLargestBuffer); });
  mapping.required("time_a_size_s", [&](const Text& text) { job.time_a_size = Seconds(parse_number(text, 0, 3600)); });
  return job;
}

}  // namespace

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
      job = read_network_job(mapping);
    else
      throw BadInput(problem(text, "unknown job", "train, network"));
  });
  mapping.finish();
  problems.throw_if_any();
  return job;
}

}  // namespace forerun

#include <stdexcept>

#include "io/file.hpp"
#include "io/json.hpp"
#include "kernels/ranks/job.hpp"

namespace forerun {

namespace {

Json seconds(const std::vector<Seconds>& values) {
  Json list = Json::array();
  for (const Seconds value : values) list.push_back(value.value());
  return list;
}

std::vector<Seconds> read_seconds(const Json& list) {
  std::vector<Seconds> values;
  for (const Json& value : list) values.emplace_back(value.get<double>());
  return values;
}

Seconds read_second(const Json& object, const char* key) { return Seconds(object.at(key).get<double>()); }

Json to_json(const OperationTime& time) {
  return {{"operation", time.operation}, {"name", time.name},         {"layer", time.layer},        {"median_s", time.median.value()},
          {"p10_s", time.p10.value()},   {"p90_s", time.p90.value()}, {"wait_s", time.wait.value()}};
}

Json to_json(const CollectiveSample& sample) {
  return {{"operation", sample.operation},     {"ranks", sample.ranks},       {"bytes", sample.bytes.value()},
          {"median_s", sample.median.value()}, {"p10_s", sample.p10.value()}, {"p90_s", sample.p90.value()}};
}

CollectiveSample read_sample(const Json& sample) {
  return {sample.at("operation"),          sample.at("ranks"),           Bytes(sample.at("bytes").get<double>()),
          read_second(sample, "median_s"), read_second(sample, "p10_s"), read_second(sample, "p90_s")};
}

constexpr std::string_view kSample = "sample ";

/// Runs a reader and turns the library's complaint into one that names the file.
template <class Read>
auto read_document(const std::filesystem::path& file, Read&& read) {
  const std::string text = read_file(file);
  try {
    return read(Json::parse(text));
  } catch (const Json::exception& error) {
    throw std::runtime_error(file.string() + ": not a result of forerun-ranks: " + error.what());
  }
}

}  // namespace

std::string sample_line(const CollectiveSample& sample) { return std::string(kSample) + to_json(sample).dump(); }

bool read_sample_line(const std::string& line, CollectiveSample& sample) {
  if (!line.starts_with(kSample)) return false;
  try {
    sample = read_sample(Json::parse(line.substr(kSample.size())));
  } catch (const std::exception&) {  // ranks that are killed leave half a line
    return false;
  }
  return true;
}

std::string result_text(const TrainResult& result) {
  Json operations = Json::array();
  for (const OperationTime& time : result.operations) operations.push_back(to_json(time));
  Json input = Json::array();
  for (const InputTime& time : result.input) input.push_back({time.read.value(), time.decode.value(), time.wait.value()});
  return json_text({{"ranks", result.ranks},
                    {"median_s", result.median.value()},
                    {"p10_s", result.p10.value()},
                    {"p90_s", result.p90.value()},
                    {"rank_medians_s", seconds(result.rank_medians)},
                    {"operations", operations},
                    {"step_times_s", seconds(result.step_times)},
                    {"losses", result.losses},
                    {"staleness", result.staleness},
                    {"input_s", input}});
}

std::string result_text(const NetworkResult& result) {
  Json collectives = Json::array();
  for (const CollectiveSample& sample : result.collectives) collectives.push_back(to_json(sample));
  return json_text({{"collectives", collectives}});
}

TrainResult read_train_result(const std::filesystem::path& file) {
  return read_document(file, [](const Json& document) {
    TrainResult result;
    result.ranks = document.at("ranks");
    result.median = read_second(document, "median_s");
    result.p10 = read_second(document, "p10_s");
    result.p90 = read_second(document, "p90_s");
    result.rank_medians = read_seconds(document.at("rank_medians_s"));
    for (const Json& time : document.at("operations"))
      result.operations.push_back({time.at("operation"), time.at("name"), time.at("layer"), read_second(time, "median_s"),
                                   read_second(time, "p10_s"), read_second(time, "p90_s"), read_second(time, "wait_s")});
    result.step_times = read_seconds(document.at("step_times_s"));
    result.losses = document.at("losses").get<std::vector<double>>();
    result.staleness = document.at("staleness").get<std::vector<std::int64_t>>();
    for (const Json& time : document.at("input_s"))
      result.input.push_back({Seconds(time.at(0).get<double>()), Seconds(time.at(1).get<double>()), Seconds(time.at(2).get<double>())});
    return result;
  });
}

NetworkResult read_network_result(const std::filesystem::path& file) {
  return read_document(file, [](const Json& document) {
    NetworkResult result;
    for (const Json& sample : document.at("collectives")) result.collectives.push_back(read_sample(sample));
    return result;
  });
}

}  // namespace forerun

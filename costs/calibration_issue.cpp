#include "costs/calibration_issue.hpp"

#include <algorithm>
#include <limits>

#include "costs/calibration_words.hpp"

namespace forerun {

using namespace calibration_file;

namespace {

double parse_rate(const Text& text) { return parse_number(text, std::numeric_limits<double>::min(), 1e30); }

MeasuredGpu read_figures(const YamlNode& node) {
  MeasuredGpu gpu;
  Problems problems;
  Mapping mapping(node, problems);
  const auto word = [&](std::string_view key, std::string& to) { mapping.required(key, [&to](const Text& text) { to = text.value; }); };
  const auto time = [&](std::string_view key, Seconds& to) { mapping.required(key, [&to](const Text& text) { to = parse_time(text); }); };
  const auto rate = [&](std::string_view key, BytesPerSecond& to) {
    mapping.required(key, [&to](const Text& text) { to = BytesPerSecond(parse_rate(text)); });
  };
  word("driver", gpu.driver);
  word("runtime", gpu.runtime);
  mapping.required("cache_bytes", [&](const Text& text) { gpu.cache = Bytes(parse_number(text, 0, static_cast<double>(kMost))); });
  time("launch_s", gpu.launch);
  time("issue_s", gpu.issue);
  rate("copy_bytes_per_s", gpu.copy);
  rate("host_to_device_bytes_per_s", gpu.host_to_device);
  mapping.finish();
  problems.throw_if_any();
  return gpu;
}

bool same(const IssueTime& a, const IssueTime& b) {
  return a.pass == b.pass && a.precision == b.precision && (a.pass == Pass::update ? a.optimizer == b.optimizer : a.kind == b.kind);
}

IssueTime read_issue(const YamlNode& node) {
  IssueTime issue;
  Problems problems;
  Mapping mapping(node, problems);
  mapping.required("pass", [&](const Text& text) { issue.pass = parse_pass(text); });
  if (issue.pass == Pass::update)
    mapping.required("optimizer", [&](const Text& text) { issue.optimizer = parse_optimizer(text); });
  else
    mapping.required("layer", [&](const Text& text) { issue.kind = parse_layer(text); });
  mapping.required("precision", [&](const Text& text) { issue.precision = parse_precision(text); });
  mapping.required("issue_s", [&](const Text& text) { issue.time = parse_time(text); });
  mapping.finish();
  problems.throw_if_any();
  return issue;
}

void read_issues(const YamlNode& list, Calibration& calibration) {
  if (!calibration.measured_gpu) throw BadInput(problem(list.text, "says how kernels of a GPU are issued, and measured_gpu is missing"));
  std::vector<IssueTime>& issues = calibration.measured_gpu->issues;
  for (const YamlNode& node : items(list)) {
    const IssueTime issue = read_issue(node);
    if (std::ranges::any_of(issues, [&](const IssueTime& other) { return same(issue, other); }))
      throw BadInput(problem(node.text, "a second issue time of the same layer, pass and precision"));
    issues.push_back(issue);
  }
}

}  // namespace

void write_measured_gpu(Json& document, const Calibration& calibration) {
  const MeasuredGpu& gpu = *calibration.measured_gpu;
  document["measured_gpu"] = {{"driver", gpu.driver},
                              {"runtime", gpu.runtime},
                              {"cache_bytes", gpu.cache.value()},
                              {"launch_s", gpu.launch.value()},
                              {"issue_s", gpu.issue.value()},
                              {"copy_bytes_per_s", gpu.copy.value()},
                              {"host_to_device_bytes_per_s", gpu.host_to_device.value()}};
  document["issue"] = Json::array();
  for (const IssueTime& issue : gpu.issues) {
    Json row{{"pass", to_string(issue.pass)}, {"precision", to_string(issue.precision)}, {"issue_s", issue.time.value()}};
    if (issue.pass == Pass::update)
      row["optimizer"] = to_string(issue.optimizer);
    else
      row["layer"] = to_string(issue.kind);
    document["issue"].push_back(std::move(row));
  }
}

void read_measured_gpu(Mapping& mapping, Calibration& calibration) {
  mapping.optional("measured_gpu", [&](const YamlNode& node) { calibration.measured_gpu = read_figures(node); });
  mapping.optional("issue", [&](const YamlNode& list) { read_issues(list, calibration); });
}

}  // namespace forerun

#include "cli/calibration_figures.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "costs/calibration_gpu.hpp"
#include "io/format.hpp"
#include "io/table.hpp"

namespace forerun {
namespace {

/// Units of the figures whose keys do not say them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kUnits{{
    {"gradient-bytes", " B a weight"},
    {"mixed-update-bytes", " B a weight"},
    {"loss-forward-bytes", " B a logit"},
    {"loss-backward-bytes", " B a logit"},
    {"depth-offset", " elements"},
    {"flash-half-length", " keys"},
    {"unfused-launches", " kernels"},
    {"most-splits", " parts"},
}};

std::string figure_text(std::string_view figure, double value) {
  if (figure.ends_with("-flop-per-s")) return human(FlopsPerSecond(value));
  if (figure.ends_with("-bytes-per-s")) return human(BytesPerSecond(value));
  if (figure.ends_with("-s")) return human(Seconds(value));
  const std::string number = forerun::format("{:.4g}", value);
  if (figure.ends_with("-watts")) return number + " W";
  const auto* const unit = std::ranges::find(kUnits, figure, &std::pair<std::string_view, std::string_view>::first);
  return unit == kUnits.end() ? number : number + std::string(unit->second);
}

/// Sources by number, in the order in which they are first named.
class Sources {
 public:
  std::string number(const std::string& source) {
    if (source.empty()) return "";
    const auto known = std::ranges::find(list_, source);
    const auto at = known - list_.begin();
    if (known == list_.end()) list_.push_back(source);
    return forerun::format("[{}]", at + 1);
  }

  [[nodiscard]] std::string text() const {
    std::string out = "\nsources\n";
    for (std::size_t i = 0; i < list_.size(); ++i) out += forerun::format("{:>5} {}\n", forerun::format("[{}]", i + 1), list_[i]);
    return out;
  }

 private:
  std::vector<std::string> list_;
};

}  // namespace

Json figures_json(const Calibration& calibration) {
  Json out = Json::array();
  if (!calibration.gpu) return out;
  for (const Json& row : gpu_figures_json(calibration)) {
    const bool has_spread = row.contains("spread");
    out.push_back({{"figure", row["figure"]},
                   {"value", row["value"]},
                   {"source", row["source"]},
                   {"spread", has_spread ? row["spread"] : Json(nullptr)},
                   {"spread_source", has_spread ? row["spread-source"] : Json(nullptr)}});
  }
  return out;
}

std::string figures_text(const Calibration& calibration) {
  if (!calibration.gpu) return "";
  Table table{.header = {"figure", "value", "source", "spread", "its source"}};
  Sources sources;
  for (const Json& row : figures_json(calibration)) {
    const auto figure = row["figure"].get<std::string>();
    const std::string source = sources.number(row["source"].get<std::string>());
    const bool has_spread = !row["spread"].is_null();
    table.rows.push_back({figure, figure_text(figure, row["value"].get<double>()), source,
                          has_spread ? percent(row["spread"].get<double>()) : "-",
                          has_spread ? sources.number(row["spread_source"].get<std::string>()) : ""});
  }
  return text_table(table) + sources.text();
}

Json measured_gpu_json(const MeasuredGpu& gpu) {
  return {{"driver", gpu.driver},
          {"runtime", gpu.runtime},
          {"cache_bytes", gpu.cache.value()},
          {"launch_s", gpu.launch.value()},
          {"issue_s", gpu.issue.value()},
          {"copy_bytes_per_s", gpu.copy.value()},
          {"host_to_device_bytes_per_s", gpu.host_to_device.value()}};
}

std::string measured_gpu_text(const MeasuredGpu& gpu) {
  return forerun::format(
      "\nCUDA {} (the driver knows {}), last-level cache {}\nan empty kernel takes {}, the host issues one in {}\ncopies: {} in its "
      "memory, "
      "read and written; {} from the host\n",
      gpu.runtime, gpu.driver, human(gpu.cache), human(gpu.launch), human(gpu.issue), human(gpu.copy), human(gpu.host_to_device));
}

std::string fit_record_text(const FitRecord& record) {
  const auto number = [](double value) { return forerun::format("{:.4g}", value); };
  Table table{.header = {"property", "", "value", "p10", "p90", "before", "note"}};
  for (const FittedProperty& property : record.properties)
    table.rows.push_back({property.name, property.standing == Standing::fitted ? "fitted" : "kept", number(property.value),
                          number(property.p10), number(property.p90), number(property.published), property.why});
  std::string out = forerun::format("{} fitted to {} rows of {}, which it meets within {} (one standard deviation)\n\n", record.base,
                                    record.rows.size(), record.file, percent(record.noise)) +
                    text_table(table);
  for (const std::string& setting : record.settings)
    out += forerun::format("\nwith this calibration, platform {} has {}\n", record.platform, setting);
  return out;
}

}  // namespace forerun

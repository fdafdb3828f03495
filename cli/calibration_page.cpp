#include "cli/calibration_page.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "cli/calibration_figures.hpp"
#include "costs/fit_record_file.hpp"
#include "costs/kernel_time.hpp"
#include "io/format.hpp"

namespace forerun {
namespace {

std::string_view layer_name(const KernelTimeModel& model) { return model.pass == Pass::update ? "any" : to_string(model.kind); }

std::string pass_name(const KernelTimeModel& model) {
  return std::string(to_string(model.pass)) + (model.pass == Pass::update ? " by " + std::string(to_string(model.optimizer)) : "") +
         (model.precision == Precision::fp32 ? "" : " in " + std::string(to_string(model.precision)));
}

std::vector<BusyFactor> busy_of(const Calibration& calibration, const KernelTimeModel& model) {
  std::vector<BusyFactor> out;
  for (const BusyFactor& factor : calibration.busy)
    if (factor.pass == model.pass && (model.pass == Pass::update || factor.kind == model.kind)) out.push_back(factor);
  return out;
}

/// The factors over all working sets, for each number of busy cores: `1 to 1.08 at 2`.
std::string busy_text(const std::vector<BusyFactor>& factors) {
  std::map<int, std::pair<double, double>> ranges;
  for (const BusyFactor& factor : factors) {
    auto& [least, most] = ranges.try_emplace(factor.busy, factor.factor, factor.factor).first->second;
    least = std::min(least, factor.factor);
    most = std::max(most, factor.factor);
  }
  std::string text;
  for (const auto& [busy, range] : ranges) {
    const std::string least = forerun::format("{:.3g}", range.first);
    const std::string most = forerun::format("{:.3g}", range.second);
    text += (text.empty() ? "" : ", ") + least + (least == most ? "" : " to " + most) + " at " + std::to_string(busy);
  }
  return text.empty() ? "-" : text;
}

/// Where the working sets of the busy factors begin and end, or nothing.
std::string working_sets_text(const std::vector<BusyFactor>& factors) {
  if (factors.empty()) return {};
  const auto [least, most] = std::ranges::minmax_element(factors, {}, &BusyFactor::working_set);
  return forerun::format("\nbusy factors: kernels of {} to {}, beside as many busy cores on the same\n", human(least->working_set),
                         human(most->working_set));
}

std::string rate_text(FlopsPerSecond rate) { return std::isfinite(rate.value()) ? human(rate) : "-"; }
std::string rate_text(BytesPerSecond rate) { return std::isfinite(rate.value()) ? human(rate) : "-"; }

Table models_table(const Calibration& calibration) {
  Table table;
  table.header = {"layer", "pass", "samples", "overhead", "rate", "bandwidth", "left-out error", "busy factor"};
  for (const KernelTimeModel& model : calibration.kernel_models) {
    table.rows.push_back({std::string(layer_name(model)), pass_name(model), std::to_string(model.weights.size()), human(model.overhead),
                          rate_text(model.rate), rate_text(model.bandwidth), percent(model.leave_one_out_error),
                          busy_text(busy_of(calibration, model))});
  }
  return table;
}

Table collectives_table(const Calibration& calibration) {
  Table table;
  table.header = {"operation", "ranks", "size", "time", "p10", "p90"};
  for (const CollectiveSample& sample : calibration.collectives)
    table.rows.push_back(
        {sample.operation, std::to_string(sample.ranks), human(sample.bytes), human(sample.median), human(sample.p10), human(sample.p90)});
  return table;
}

Json models_json(const Calibration& calibration) {
  Json models = Json::array();
  for (const KernelTimeModel& model : calibration.kernel_models) {
    Json busy = Json::array();
    double least = std::numeric_limits<double>::infinity(), most = 0;
    for (const BusyFactor& factor : busy_of(calibration, model)) {
      busy.push_back({{"busy", factor.busy}, {"working_set_bytes", factor.working_set.value()}, {"factor", factor.factor}});
      least = std::min(least, factor.factor), most = std::max(most, factor.factor);
    }
    models.push_back({{"layer", layer_name(model)},
                      {"pass", to_string(model.pass)},
                      {"optimizer", model.pass == Pass::update ? Json(to_string(model.optimizer)) : Json(nullptr)},
                      {"samples", model.weights.size()},
                      {"overhead_s", model.overhead.value()},
                      {"rate_flop_per_s", std::isfinite(model.rate.value()) ? Json(model.rate.value()) : Json(nullptr)},
                      {"bandwidth_bytes_per_s", std::isfinite(model.bandwidth.value()) ? Json(model.bandwidth.value()) : Json(nullptr)},
                      {"leave_one_out_error", model.leave_one_out_error},
                      {"precision", to_string(model.precision)},
                      {"least_busy_factor", busy.empty() ? Json(nullptr) : Json(least)},
                      {"most_busy_factor", busy.empty() ? Json(nullptr) : Json(most)},
                      {"busy_factors", busy}});
  }
  return models;
}

Json overlap_json(const OverlapSlowdown& overlap) {
  return {{"factor", overlap.factor},
          {"origin", overlap.source.empty() ? Json(nullptr) : Json(to_string(overlap.origin))},
          {"source", overlap.source.empty() ? Json(nullptr) : Json(overlap.source)}};
}

Json collectives_json(const Calibration& calibration) {
  Json rows = Json::array();
  for (const CollectiveSample& sample : calibration.collectives)
    rows.push_back({{"operation", sample.operation},
                    {"ranks", sample.ranks},
                    {"bytes", sample.bytes.value()},
                    {"time_s", sample.median.value()},
                    {"p10_s", sample.p10.value()},
                    {"p90_s", sample.p90.value()}});
  return rows;
}

/// `calibration synthetic of paper core, quick (measured)`, and below it who measured it where and when, so far as it is known.
std::string head_text(const Calibration& calibration) {
  std::string where = calibration.cpu;
  if (!calibration.host.empty()) where += (where.empty() ? "on host " : " on host ") + calibration.host;
  for (const std::string& part : {calibration.compiler, calibration.date})
    if (!part.empty()) where += (where.empty() ? "" : ", ") + part;
  return forerun::format("calibration {} of {}{}{} ({})\n{}\n", calibration.name, calibration.device, calibration.mode.empty() ? "" : ", ",
                         calibration.mode, to_string(calibration.origin), where.empty() ? where : where + "\n");
}

/// What the calibration is made of: kernel models, or a GPU's figures.
std::string content_text(const Calibration& calibration) {
  std::string out = calibration.fit ? fit_text(*calibration.fit, calibration.fit->platform) + "\n\n" : std::string();
  if (calibration.compute_scale != 1) out += forerun::format("compute times scaled by {:.4g}\n\n", calibration.compute_scale);
  if (calibration.overlap.factor != 1)
    out += forerun::format("compute goes on {:.4g} times slower beside a transfer ({}: {})\n\n", calibration.overlap.factor,
                           to_string(calibration.overlap.origin), calibration.overlap.source);
  if (!calibration.kernel_models.empty()) out += text_table(models_table(calibration));
  if (calibration.measured_gpu) out += measured_gpu_text(*calibration.measured_gpu);
  out += figures_text(calibration);
  if (!calibration.fit) return out;
  out += "\n" + fit_record_text(*calibration.fit);
  for (const std::string& warning : calibration.fit->warnings) out += "\nwarning: " + warning + "\n";
  return out;
}

}  // namespace

std::string spells_text(const SlowSpells& spells) {
  return forerun::format("others slow a core by {:.2f} during {} of the time ({} looks)", spells.factor, percent(spells.share),
                         spells.looks);
}

Json spells_json(const SlowSpells& spells) { return {{"share", spells.share}, {"factor", spells.factor}, {"looks", spells.looks}}; }

Page calibration_page(const Calibration& calibration) {
  Page page;
  page.text = head_text(calibration) + content_text(calibration);
  page.text += working_sets_text(calibration.busy);
  if (calibration.spells.share > 0) page.text += "\nslow spells: " + spells_text(calibration.spells) + "\n";
  if (calibration.cache_life)
    page.text += "\ncaches: what a core left stays there " + human(*calibration.cache_life) + " on average, since others use them too\n";
  if (!calibration.collectives.empty()) page.text += "\n" + text_table(collectives_table(calibration));
  page.document = {{"schema_version", 1},
                   {"name", calibration.name},
                   {"device", calibration.device},
                   {"host", calibration.host},
                   {"cpu", calibration.cpu},
                   {"compiler", calibration.compiler},
                   {"date", calibration.date},
                   {"mode", calibration.mode},
                   {"origin", to_string(calibration.origin)},
                   {"models", models_json(calibration)},
                   {"slow_spells", spells_json(calibration.spells)},
                   {"cache_life_s", calibration.cache_life ? Json(calibration.cache_life->value()) : Json(nullptr)},
                   {"collectives", collectives_json(calibration)},
                   {"compute_scale", calibration.compute_scale},
                   {"figures", figures_json(calibration)},
                   {"fit", calibration.fit ? fit_record_json(*calibration.fit) : Json(nullptr)},
                   {"overlap_slowdown", overlap_json(calibration.overlap)},
                   {"measured_gpu", calibration.measured_gpu ? measured_gpu_json(*calibration.measured_gpu) : Json(nullptr)}};
  if (calibration.gpu) {
    page.rows = rows_of(page.document["figures"], {"figure", "value", "source", "spread", "spread_source"});
    return page;
  }
  page.rows = rows_of(page.document["models"], {"layer", "pass", "samples", "overhead_s", "rate_flop_per_s", "bandwidth_bytes_per_s",
                                                "leave_one_out_error", "least_busy_factor", "most_busy_factor", "optimizer", "precision"});
  return page;
}

}  // namespace forerun

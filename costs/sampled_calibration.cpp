#include "costs/sampled_calibration.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "core/normal.hpp"
#include "costs/calibration_gpu.hpp"
#include "costs/kernel_time.hpp"
#include "costs/link_causes.hpp"
#include "costs/price.hpp"

namespace forerun {
namespace {

constexpr double kDeviationsOfMedian = 1.4826;  // of |z|, z normal: 1 / 0.6745

/// Figures whose keys begin alike tell of one thing.
struct Family {
  std::string_view begins;
  std::string_view name;
};
constexpr std::array<Family, 4> kFamilies{{{"product-share-", "products"},
                                           {"convolution-", "convolutions"},
                                           {"flash-forward-share-", "flash-attention"},
                                           {"flash-backward-share-", "flash-attention"}}};

std::string family_of(const std::string& figure) {
  for (const Family& family : kFamilies)
    if (figure.starts_with(family.begins)) return std::string(family.name);
  return figure;
}

void slow_down(KernelTimeModel& model, double factor) {
  model.overhead *= factor;
  model.rate = model.rate / factor;
  model.bandwidth = model.bandwidth / factor;
}

void add_gpu_causes(const Calibration& calibration, std::vector<Cause>& list) {
  std::vector<std::pair<std::string, std::vector<GpuSource>>> families;
  for (const GpuSource& figure : calibration.gpu_sources) {
    if (figure.spread == 0) continue;
    const std::string family = family_of(figure.figure);
    auto found = std::ranges::find(families, family, &std::pair<std::string, std::vector<GpuSource>>::first);
    if (found == families.end()) found = families.insert(families.end(), {family, {}});
    found->second.push_back(figure);
  }
  for (auto& [family, figures] : families)
    list.push_back({family, [figures = std::move(figures)](Sample& sample, double z) {
                      GpuModel& gpu = *sample.calibration.gpu;
                      for (const GpuSource& figure : figures)
                        set_gpu_figure(gpu, figure.figure, gpu_figure(gpu, figure.figure) * std::exp(figure.spread * z));
                    }});
}

void add_kernel_causes(const Calibration& calibration, std::vector<Cause>& list) {
  for (std::size_t i = 0; i < calibration.kernel_models.size(); ++i) {
    const KernelTimeModel& model = calibration.kernel_models[i];
    const double spread = kDeviationsOfMedian * model.leave_one_out_error;
    if (spread == 0) continue;
    list.push_back({std::string(to_string(model.kind)) + " " + std::string(to_string(model.pass)),
                    [i, spread](Sample& sample, double z) { slow_down(sample.calibration.kernel_models[i], std::exp(spread * z)); }});
  }
}

void add_to_all_kernels(std::string name, double spread, std::vector<Cause>& list) {
  if (spread == 0) return;
  list.push_back({std::move(name), [spread](Sample& sample, double z) { sample.calibration.compute_scale *= std::exp(spread * z); }});
}

void add_spells(const Scenario& scenario, std::vector<Cause>& list) {
  const SlowSpells spells = scenario.calibration->spells;
  if (!is_calibrated_machine(scenario.platform, *scenario.calibration) || spells.share == 0 || spells.factor == 1) return;
  const int ranks = scenario.ranks();
  const double usual = spell_factor(spells, ranks);
  list.push_back({"slow-spells", [spells, ranks, usual](Sample& sample, double z) {
                    sample.calibration.compute_scale *= spell_quantile(spells, ranks, normal_distribution(z)) / usual;
                  }});
}

}  // namespace

std::vector<Cause> causes(const Scenario& scenario, const Spreads& spreads) {
  const Calibration& calibration = *scenario.calibration;
  std::vector<Cause> list;
  if (!scenario.plan) add_to_all_kernels("device", spreads.device, list);
  if (!scenario.plan && calibration.gpu && !calibration.fit) add_to_all_kernels("software", spreads.software, list);
  add_to_all_kernels("scaling", calibration.scaled ? spreads.scaling : 0, list);
  if (calibration.gpu)
    add_gpu_causes(calibration, list);
  else
    add_kernel_causes(calibration, list);
  add_to_all_kernels("compute-scale", fitted_deviation(calibration, "compute-scale", calibration.compute_scale).value_or(0), list);
  add_spells(scenario, list);
  add_link_causes(scenario, spreads, list);
  return list;
}

double model_spread(const Scenario& scenario, const Spreads& spreads) {
  if (scenario.plan) return 0;
  if (const auto& fit = scenario.calibration->fit) return fit->noise;
  return scenario.calibration->gpu ? spreads.published_model : spreads.measured_model;
}

}  // namespace forerun

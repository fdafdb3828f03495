#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/scenario.hpp"
#include "io/text.hpp"

/// The physical properties of devices and links that measured steps can fit (validation/fittable.yaml).
namespace forerun {

enum class Owner { gpu, calibration, platform };

/// One of them. Its value is that of the first figure, in SI; the other figures keep their ratio to it.
struct Fittable {
  std::string name;
  Owner owner = Owner::gpu;
  std::vector<std::string> figures;
  double low = 0;
  double high = 0;
  double start = 0;   ///< where the calibration has none, and a fit may begin; zero: nowhere
  double spread = 0;  ///< standard deviation of the logarithm of what is published
  bool by_default = false;
  std::string meaning;
  std::string source;
};

std::span<const Fittable> fittables();

/// The properties of `--unknowns a,b`. BadInput: an unknown or repeated name, or none, with a suggestion and the known ones.
std::vector<const Fittable*> parse_fittables(const Text& text);

/// The value in a scenario; its start where it has none of its own; empty without either (a link share of a platform without a link, flash
/// attention of a device without it).
std::optional<double> value_of(const Fittable& property, const Scenario& scenario);

/// Puts a value in. Precondition: value_of() is not empty.
void set_value(const Fittable& property, double value, GpuModel& gpu);
void set_value(const Fittable& property, double value, Platform& platform);

/// The setting of a platform's file that says the value: `link-share=0.71`, `link-latency=14e-06 s`.
std::string setting_text(const Fittable& property, double value);

}  // namespace forerun

#include "sim/span.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "io/format.hpp"
#include "sim/slow_links.hpp"

namespace forerun::sim {

namespace {

constexpr std::int64_t kMostSteps = 1 << 14;
constexpr double kRoom = 2;

/// The last change but one of the network.
double change_before(const std::vector<SlowLink>& links, double last_s) {
  double before_s = 0;
  for (const SlowLink& link : links)
    for (const double date_s : {link.from.value(), link.until.value_or(Seconds(0)).value()})
      if (date_s < last_s) before_s = std::max(before_s, date_s);
  return before_s;
}

}  // namespace

Span::Span(std::int64_t run, const std::vector<SlowLink>& links)
    : run_(run), last_change_s_(SlowLinks::last_change_s(links)), change_before_s_(change_before(links, last_change_s_)) {
  for (const SlowLink& link : links) most_slower_ = std::max(most_slower_, link.factor);
}

std::int64_t Span::first(std::int64_t steps) const { return run_ > 0 ? std::min(run_, steps) : steps; }

bool Span::settled(const Played& played, std::int64_t steps) const {
  const auto before = std::ssize(played.step_finishes) - 1 - steps;
  return last_change_s_ == 0 || (before >= 0 && played.step_finishes[before].value() >= last_change_s_);
}

double Span::reach_s(const Played& played) const {
  const auto& finishes = played.step_finishes;
  const auto steps = std::ssize(finishes);
  const std::ptrdiff_t half = steps / 2;
  const bool steady = half > 0 && finishes[half - 1].value() >= change_before_s_;
  double longest_s = 0;
  for (std::ptrdiff_t i = steady ? half : 0; i < steps; ++i)
    longest_s = std::max(longest_s, finishes[i].value() - (i > 0 ? finishes[i - 1].value() : 0));
  return played.makespan.value() + static_cast<double>(kMostSteps - steps) * kRoom * (steady ? 1 : most_slower_) * longest_s;
}

std::int64_t Span::more(const Played& played) const {
  const auto steps = std::ssize(played.step_finishes);
  const double reach = reach_s(played);
  // A run of fewer steps is played to its end.
  const bool whole = run_ > 0 && run_ <= kMostSteps;
  if (!whole && (steps >= kMostSteps || reach < last_change_s_))
    throw SimulationFailed(forerun::format(
        "slow-links change until {:.4g} s, and the {} steps that are played at most end {} {:.4g} s: let the changes end earlier, give the "
        "links without times, or ask for a run of no more steps (run.steps)",
        last_change_s_, kMostSteps, steps >= kMostSteps ? "at" : "before", reach));
  return first(2 * steps);
}

}  // namespace forerun::sim

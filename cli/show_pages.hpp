#pragma once

#include <span>
#include <string_view>

#include "cli/output.hpp"
#include "core/plan.hpp"
#include "core/units.hpp"
#include "core/workload.hpp"

namespace forerun {

/// The operations of a plan; the text is plan_text().
/// `times`: what each operation takes alone, where that was asked for.
Page plan_page(const StepPlan& plan, const Workload& workload, std::span<const Seconds> times);

/// Names that there are.
Page names_page(std::string_view what, std::span<const std::string_view> names);

}  // namespace forerun

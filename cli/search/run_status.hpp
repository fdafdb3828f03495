#pragma once

#include <span>
#include <string_view>

#include "cherrypick/goal.hpp"
#include "io/text.hpp"

/// How a run ended, in the words of tables, journals and commands: `ok`, `oom`, `timeout`, `failed`, `error`, `preempted`.
namespace forerun {

/// The most seconds, and the most dollars, that anybody is believed who says what a run took.
inline constexpr double kMostOfRun = 1e15;

/// BadInput for any other word, with the nearest.
void check_status(const Text& word);

/// `failed`, for a reason that is not told, is taken for the configuration's fault, as too little memory is. Precondition: check_status().
cherrypick::Outcome outcome_of(std::string_view status);

}  // namespace forerun

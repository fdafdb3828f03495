#pragma once

#include <optional>
#include <span>

#include "core/error.hpp"

namespace CLI {
class App;
}

namespace forerun {

/// The first word where a verb belongs, or a noun of `show`, that is none; with the nearest that there is. `arguments`: without the
/// command's own name.
std::optional<Problem> unknown_verb(const CLI::App& command, std::span<char* const> arguments);

/// `--set key value`, which would take the value for something else; with `key=value` as the suggestion. `--set a=1 b=2` as well, with
/// `--set b=2`.
std::optional<Problem> spaced_setting(std::span<char* const> arguments);

}  // namespace forerun

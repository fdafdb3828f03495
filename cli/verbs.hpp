#pragma once

#include <functional>

#include "cli/environment.hpp"
#include "cli/exit_code.hpp"

namespace CLI {
class App;
}

namespace forerun {

/// What the chosen verb does once the command line is read.
using Action = std::function<ExitCode()>;

/// Each adds its verb to the command; parsing it sets `chosen`.
void add_calibrate(CLI::App& command, const Environment& environment, Action& chosen);
void add_predict(CLI::App& command, const Environment& environment, Action& chosen);
void add_search(CLI::App& command, const Environment& environment, Action& chosen);
void add_strategies(CLI::App& command, const Environment& environment, Action& chosen);
void add_train(CLI::App& command, const Environment& environment, Action& chosen);
void add_validate(CLI::App& command, const Environment& environment, Action& chosen);
void add_whatif(CLI::App& command, const Environment& environment, Action& chosen);
void add_show(CLI::App& command, const Environment& environment, Action& chosen);

}  // namespace forerun

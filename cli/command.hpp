#pragma once

#include "cli/environment.hpp"

namespace forerun {

/// The command: reads its line, runs the verb, and turns what comes of it into an exit code.
int run_command(int count, char** arguments, const Environment& environment);

}  // namespace forerun

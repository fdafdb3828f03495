#pragma once

#include <string>

#include "cli/environment.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"

namespace forerun {

/// As a person wrote them.
struct LinkOptions {
  std::string runs;         ///< the CSV file that measured runs are appended to; empty: not asked for
  std::string platform;     ///< what the ranks stand on, as the runs name it; empty: `this-machine`
  std::string ranks = "2";  ///< how many mpirun starts
};

/// `calibrate --links`: measures ping-pong between the first two ranks and all-reduces of the first 2, 3, ... of them, by size, where
/// mpirun places them, and appends each as a measured run: half a round trip as a broadcast to one other rank, which it is to a model.
/// BadInput: a number of ranks out of range, a platform without room for them, a file that cannot be appended to.
ExitCode measure_links(const LinkOptions& links, const OutputOptions& output, const Environment& environment);

}  // namespace forerun

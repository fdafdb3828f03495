#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/text.hpp"

namespace forerun {

/// What `--epochs-to-target` says, as settings of the run: constants (`critical-batch=B` with `minimum-steps=S`, or with
/// `reference-epochs=E` and `reference-batch=B`: the keys of run.* without it), or a CSV of runs that reached the target. BadInput:
/// neither.
std::vector<Text> target_settings(const std::string& target);

/// `256,512,1024`: global batches, each once, in order. BadInput: none, no whole number, zero, negative.
std::vector<std::int64_t> parse_batches(const std::string& batches);

}  // namespace forerun

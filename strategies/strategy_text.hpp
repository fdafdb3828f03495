#pragma once

#include <set>
#include <string>

#include "core/strategy.hpp"
#include "io/text.hpp"

namespace forerun {

/// What a setting that a strategy's text leaves out means.
enum class Unsaid {
  usual,  ///< as the runtime has it
  open,   ///< whatever goes with what is said: the text pins a part of a strategy
};

/// A strategy from `key=value,key=value` (`data=3,runtime=pytorch-ddp,bucket=25MiB`), with the keys of docs/strategies.md; what is left out
/// comes from the runtime, and the runtime is `forerun`, or `tf-parameter-server` where there are servers. `serial` means one device.
/// BadInput, all at once: no `=`, a key twice, an unknown key (with a suggestion), a degree below 1, more than 2^20 ranks, a bucket without
/// a unit or below 4 B, settings that contradict one another.
/// MissingCapability: a runtime of the design that is not lowered yet.
Strategy parse_strategy(const Text& text, Unsaid unsaid = Unsaid::usual);

/// The same strategy as text, every key that differs from its runtime's default, always in one order.
std::string strategy_text(const Strategy& strategy);

/// The keys that such a text gives, in a text that parse_strategy() takes; none of an empty one.
std::set<std::string> strategy_keys(const Text& text);

}  // namespace forerun

#pragma once

#include <span>
#include <string>
#include <string_view>

namespace forerun {

/// The known name nearest to a mistyped one, by edits (insert, delete, replace, swap of neighbours; case costs nothing).
/// A name that continues what was typed (`vgg11` for `vgg11-cifar10`) is near too. Empty when none is.
std::string suggest(std::string_view name, std::span<const std::string_view> known);

/// `a, b, c`: the known names as the allowed part of a message.
std::string listed(std::span<const std::string_view> known);

}  // namespace forerun

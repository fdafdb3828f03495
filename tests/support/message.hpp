#pragma once

#include <string>

#include "core/error.hpp"

namespace forerun {

/// The text of the BadInput that `act` throws; says so where it throws none.
template <class Act>
std::string message_of(Act&& act) {
  try {
    act();
  } catch (const BadInput& error) {
    return error.what();
  }
  return "no BadInput";
}

}  // namespace forerun

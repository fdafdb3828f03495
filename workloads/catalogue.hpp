#pragma once

#include <string>
#include <vector>

namespace forerun {

/// A name of the zoo.
struct KnownWorkload {
  std::string name;
  std::string family;  ///< the name itself where it is a family's; empty for a model that is described layer by layer
  std::string what;    ///< one line for people: the family's, or how its file's comment begins

  [[nodiscard]] bool is_family() const { return family == name; }
};

/// All that load_workload() knows by name, in alphabetical order.
std::vector<KnownWorkload> catalogue();

}  // namespace forerun

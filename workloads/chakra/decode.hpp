#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "workloads/chakra/chakra.pb.h"
#include "workloads/chakra/trace.hpp"

namespace forerun::chakra {

/// Says what is wrong with a node.
[[noreturn]] void refuse_node(const std::string& file, std::uint64_t id, std::string what);

/// Numbers the process groups that nodes name.
class GroupNames {
 public:
  int number_of(const std::string& name) {
    const auto [known, added] = numbers_.emplace(name, static_cast<int>(names_.size()));
    if (added) names_.push_back(name);
    return known->second;
  }
  std::vector<std::string> take() { return std::move(names_); }

 private:
  std::vector<std::string> names_;
  std::unordered_map<std::string, int> numbers_;
};

/// A message as a node without its dependencies.
/// BadInput and MissingCapability as parse_trace().
TraceNode decode(const wire::Node& message, const std::string& file, GroupNames& group_names);

/// Adds the process groups that a node of metadata declares as PyTorch's traces do: a list of mappings with `pg_name` and `ranks`, as
/// text in its inputs. A node of metadata about something else adds nothing.
void read_declared_groups(const wire::Node& message, const std::string& file, ProcessGroups& groups);

}  // namespace forerun::chakra

#pragma once

#include <cstdint>
#include <string_view>

#include "core/error.hpp"
#include "workloads/chakra/chakra.pb.h"

/// Attributes of nodes and of a file's metadata, whatever number type their writer chose.
namespace forerun::chakra {

/// What is wrong with one attribute; the caller adds the node and the file.
struct BadAttribute {
  std::string what;
};

/// A whole number within [least, most] of any integer type. Throws BadAttribute otherwise.
std::int64_t whole(const wire::Attribute& attribute, std::int64_t least, std::int64_t most);

/// A finite number, zero or more, of any number type. Throws BadAttribute otherwise.
double amount(const wire::Attribute& attribute);

bool truth(const wire::Attribute& attribute);
const std::string& word(const wire::Attribute& attribute);
const google::protobuf::RepeatedField<std::int64_t>& wholes(const wire::Attribute& attribute);

/// How many attributes a node has, and texts in them; four numbers of a list are as much as one.
std::size_t attribute_count(const wire::Node& node);

/// The attribute of this name, or null.
template <class Holder>
const wire::Attribute* find(const Holder& holder, std::string_view name) {
  for (const wire::Attribute& attribute : holder.attr())
    if (attribute.name() == name) return &attribute;
  return nullptr;
}

/// The same; throws BadAttribute where it is missing.
template <class Holder>
const wire::Attribute& need(const Holder& holder, std::string_view name) {
  const wire::Attribute* found = find(holder, name);
  if (found == nullptr) throw BadAttribute{"has no " + std::string(name)};
  return *found;
}

}  // namespace forerun::chakra

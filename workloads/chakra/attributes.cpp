#include "workloads/chakra/attributes.hpp"

#include <cmath>
#include <limits>
#include <optional>

namespace forerun::chakra {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

[[noreturn]] void refuse(const wire::Attribute& attribute, const char* why) {
  throw BadAttribute{"has a " + attribute.name() + " that " + why};
}

std::optional<std::int64_t> integer(const wire::Attribute& attribute) {
  const auto bounded = [](std::uint64_t value) {
    return value <= static_cast<std::uint64_t>(kMost) ? static_cast<std::int64_t>(value) : -1;
  };
  switch (attribute.value_case()) {
    case wire::Attribute::kInt32Val: return attribute.int32_val();
    case wire::Attribute::kInt64Val: return attribute.int64_val();
    case wire::Attribute::kUint32Val: return attribute.uint32_val();
    case wire::Attribute::kUint64Val: return bounded(attribute.uint64_val());
    case wire::Attribute::kSint32Val: return attribute.sint32_val();
    case wire::Attribute::kSint64Val: return attribute.sint64_val();
    case wire::Attribute::kFixed32Val: return attribute.fixed32_val();
    case wire::Attribute::kFixed64Val: return bounded(attribute.fixed64_val());
    case wire::Attribute::kSfixed32Val: return attribute.sfixed32_val();
    case wire::Attribute::kSfixed64Val: return attribute.sfixed64_val();
    default: return std::nullopt;
  }
}

}  // namespace

std::int64_t whole(const wire::Attribute& attribute, std::int64_t least, std::int64_t most) {
  const auto value = integer(attribute);
  if (!value) refuse(attribute, "is no whole number");
  if (*value < least || *value > most) refuse(attribute, "is out of range");
  return *value;
}

double amount(const wire::Attribute& attribute) {
  double value = 0;
  if (attribute.value_case() == wire::Attribute::kDoubleVal)
    value = attribute.double_val();
  else if (attribute.value_case() == wire::Attribute::kFloatVal)
    value = attribute.float_val();
  else
    value = static_cast<double>(whole(attribute, 0, kMost));
  if (!std::isfinite(value)) refuse(attribute, "is not finite");
  if (value < 0) refuse(attribute, "is negative");
  return value;
}

bool truth(const wire::Attribute& attribute) {
  if (attribute.value_case() == wire::Attribute::kBoolVal) return attribute.bool_val();
  return whole(attribute, 0, 1) == 1;
}

const std::string& word(const wire::Attribute& attribute) {
  if (attribute.value_case() != wire::Attribute::kStringVal) refuse(attribute, "is no text");
  return attribute.string_val();
}

std::size_t attribute_count(const wire::Node& node) {
  constexpr int kNumbers = 4;
  std::size_t count = 0;
  for (const wire::Attribute& attribute : node.attr())
    count += 1 + static_cast<std::size_t>(attribute.string_list().values_size()) +
             static_cast<std::size_t>(attribute.int64_list().values_size() / kNumbers) +
             static_cast<std::size_t>(attribute.bool_list().values_size() / kNumbers);
  return count;
}

const google::protobuf::RepeatedField<std::int64_t>& wholes(const wire::Attribute& attribute) {
  if (attribute.value_case() != wire::Attribute::kInt64List) refuse(attribute, "is no list of whole numbers");
  return attribute.int64_list().values();
}

}  // namespace forerun::chakra

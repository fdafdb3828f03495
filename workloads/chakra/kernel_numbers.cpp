#include "workloads/chakra/kernel_numbers.hpp"

#include <type_traits>

#include "core/error.hpp"
#include "workloads/chakra/attributes.hpp"
#include "workloads/shapes.hpp"

namespace forerun::chakra {
namespace {

constexpr std::int64_t kMostExtent = std::int64_t{1} << 53;

// Each visit() names every member, so that a new one does not compile until it has its place here.

template <class Visit>
void visit(TensorShape& shape, Visit&& number) {
  auto& [channels, height, width, depth] = shape;
  number(channels), number(height), number(width), number(depth);
}

template <class Visit>
void visit(Extent& extent, Visit&& number) {
  auto& [height, width, depth] = extent;
  number(height), number(width), number(depth);
}

template <class Visit>
void visit(Padding& padding, Visit&& number) {
  auto& [height, width, depth] = padding;
  number(height), number(width), number(depth);
}

template <class Visit>
void visit(Attention& attention, Visit&& number) {
  auto& [heads, key_heads, key_channels, value_channels, keys, method, dropout] = attention;
  number(heads), number(key_heads), number(key_channels), number(value_channels), number(keys), number(method), number(dropout);
}

template <class Visit>
void visit(LayerShape& shape, Visit&& number) {
  auto& [kind, input, output, window, stride, padding, bias, sparse, groups, experts, rows, operands, attention] = shape;
  number(kind);
  visit(input, number), visit(output, number), visit(window, number), visit(stride, number), visit(padding, number);
  number(bias), number(sparse), number(groups), number(experts), number(rows), number(operands);
  visit(attention, number);
}

template <class Visit>
void visit(Kernel& kernel, Visit&& number) {
  auto& [shape, pass, batch, footprint, precision, optimizer] = kernel;
  static_cast<void>(footprint);
  visit(shape, number);
  number(pass), number(batch), number(precision), number(optimizer);
}

template <class Member>
void assign(Member& member, std::int64_t number) {
  if (number < 0 || number > kMostExtent) throw BadAttribute{"has a kernel with a number out of range"};
  if constexpr (std::is_enum_v<Member>) {
    if (number > 1000 || to_string(static_cast<Member>(number)).empty()) throw BadAttribute{"has a kernel of an unknown kind"};
    member = static_cast<Member>(number);
  } else {
    member = static_cast<Member>(number);
    if (static_cast<std::int64_t>(member) != number) throw BadAttribute{"has a kernel with a number out of range"};
  }
}

void check(const Kernel& kernel) {
  const Extent& stride = kernel.shape.stride;
  if (kernel.batch < 1 || stride.height < 1 || stride.width < 1 || stride.depth < 1 || kernel.shape.groups < 1)
    throw BadAttribute{"has a kernel with a number out of range"};
  try {
    check_elements(kernel.shape.input, {});
    check_elements(kernel.shape.output, {});
    check_size(kernel.shape, {});
    for (const TensorShape& shape : {kernel.shape.input, kernel.shape.output})
      checked_product(shape.elements(), kernel.batch, {}, "a batch");
  } catch (const BadInput&) {
    throw BadAttribute{"has a kernel of more than 2^53 elements"};
  }
}

}  // namespace

std::vector<std::int64_t> kernel_numbers(const Kernel& kernel) {
  std::vector<std::int64_t> numbers;
  Kernel copy = kernel;
  visit(copy, [&](auto& member) { numbers.push_back(static_cast<std::int64_t>(member)); });
  return numbers;
}

Kernel read_kernel(std::span<const std::int64_t> numbers) {
  Kernel kernel;
  std::size_t count = 0;
  visit(kernel, [&](auto&) { ++count; });
  if (numbers.size() != count) throw BadAttribute{"has a kernel of another version"};
  std::size_t next = 0;
  visit(kernel, [&](auto& member) { assign(member, numbers[next++]); });
  check(kernel);
  return kernel;
}

}  // namespace forerun::chakra

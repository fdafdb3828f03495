#pragma once

#include <dnnl.hpp>
#include <initializer_list>
#include <unordered_map>
#include <vector>

#include "kernels/cpu/operator.hpp"
#include "kernels/cpu/threads.hpp"

namespace forerun::cpu {

/// Attributes of every primitive here: its scratch memory is ours, taken once.
dnnl::primitive_attr own_scratchpad();

/// A float32 array of `dims`, laid out by `tag`; dims in oneDNN's order (N, C, H, W and O, I, H, W), whatever the layout.
dnnl::memory::desc array(const dnnl::memory::dims& dims, dnnl::memory::format_tag tag);

/// A primitive and its arguments, bound to new pointers at each run. Where the primitive chose a layout other than the caller's,
/// the argument is reordered on the way in or out.
class BoundPrimitive {
 public:
  BoundPrimitive(const dnnl::engine& engine, const dnnl::primitive& primitive, const dnnl::memory::desc& scratchpad);

  /// Declares an argument: the caller's layout and the one that the primitive chose. One of an empty layout, such as the biases of a
  /// layer without, is passed over; its pointer too.
  void reads(int argument, const dnnl::memory::desc& plain, const dnnl::memory::desc& chosen);
  void writes(int argument, const dnnl::memory::desc& plain, const dnnl::memory::desc& chosen);

  /// `pointers` in the order of declaration. What it declared to read it does not write.
  void run(std::initializer_list<const void*> pointers);

 private:
  enum class Direction { in, out };
  struct Argument {
    Direction direction;
    dnnl::memory plain;
    dnnl::memory chosen;
    dnnl::reorder reorder;  // empty where both layouts are one
  };
  void declare(int argument, Direction direction, const dnnl::memory::desc& plain, const dnnl::memory::desc& chosen);

  dnnl::engine engine_;
  dnnl::stream stream_;
  dnnl::primitive primitive_;
  std::vector<Argument> arguments_;
  std::unordered_map<int, dnnl::memory> bound_;
};

}  // namespace forerun::cpu

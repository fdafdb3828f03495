#include "kernels/cpu/onednn/primitive.hpp"

#include <cassert>

namespace forerun::cpu {

dnnl::primitive_attr own_scratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

dnnl::memory::desc array(const dnnl::memory::dims& dims, dnnl::memory::format_tag tag) { return {dims, dnnl::memory::data_type::f32, tag}; }

BoundPrimitive::BoundPrimitive(const dnnl::engine& engine, const dnnl::primitive& primitive, const dnnl::memory::desc& scratchpad)
    : engine_(engine), stream_(engine), primitive_(primitive) {
  if (scratchpad.get_size() > 0) bound_.insert({DNNL_ARG_SCRATCHPAD, dnnl::memory(scratchpad, engine_)});
}

void BoundPrimitive::declare(int argument, Direction direction, const dnnl::memory::desc& plain, const dnnl::memory::desc& chosen) {
  if (plain.get_size() == 0) {
    arguments_.push_back({direction, {}, {}, {}});
    return;
  }
  const dnnl::memory outside(plain, engine_, nullptr);
  if (plain == chosen) {
    arguments_.push_back({direction, outside, outside, {}});
  } else {
    const dnnl::memory inside(chosen, engine_);
    const bool in = direction == Direction::in;
    arguments_.push_back({direction, outside, inside, in ? dnnl::reorder(outside, inside) : dnnl::reorder(inside, outside)});
  }
  bound_.insert({argument, arguments_.back().chosen});
}

void BoundPrimitive::reads(int argument, const dnnl::memory::desc& plain, const dnnl::memory::desc& chosen) {
  declare(argument, Direction::in, plain, chosen);
}

void BoundPrimitive::writes(int argument, const dnnl::memory::desc& plain, const dnnl::memory::desc& chosen) {
  declare(argument, Direction::out, plain, chosen);
}

void BoundPrimitive::run(std::initializer_list<const void*> pointers) {
  assert(pointers.size() == arguments_.size());
  const OpenMpTeam team;
  auto argument = arguments_.begin();
  for (const void* pointer : pointers) {
    // oneDNN has one kind of handle for what it reads and what it writes.
    if (argument->plain) argument->plain.set_data_handle(const_cast<void*>(pointer));
    if (argument->reorder && argument->direction == Direction::in) argument->reorder.execute(stream_, argument->plain, argument->chosen);
    ++argument;
  }
  primitive_.execute(stream_, bound_);
  for (Argument& written : arguments_)
    if (written.reorder && written.direction == Direction::out) written.reorder.execute(stream_, written.chosen, written.plain);
  stream_.wait();
}

}  // namespace forerun::cpu

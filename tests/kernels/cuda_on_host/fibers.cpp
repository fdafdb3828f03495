// Jumps between stacks are what a fortified longjmp() takes for a mistake.
#undef _FORTIFY_SOURCE

#include "fibers.hpp"

#include <ucontext.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <deque>
#include <exception>
#include <memory>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace cuda_on_host {

Place place;

namespace {

constexpr std::size_t kStack = std::size_t{128} << 10;

enum class Waits { not_at_all, for_block, for_warp };

// Where a stack goes on. Jumps ask nothing of the system, as contexts do for the mask of signals at each turn; the address sanitizer, which
// follows contexts, takes jumps between stacks for mistakes.
#ifdef __SANITIZE_ADDRESS__
using Where = ucontext_t;
void go(Where& from, Where& to) { swapcontext(&from, &to); }
void go_to_context(Where& from, ucontext_t& to) { swapcontext(&from, &to); }
#else
using Where = std::jmp_buf;
void go(Where& from, Where& to) {
  if (_setjmp(from) == 0) std::longjmp(to, 1);
}
void go_to_context(Where& from, ucontext_t& to) {
  if (_setjmp(from) == 0) setcontext(&to);
}
#endif

struct Fiber {
  Where where{};
  std::unique_ptr<std::byte[]> stack;
  bool begun = false;  // on its stack, where it does one body after another
  Place place;
  Waits waits = Waits::not_at_all;
  std::uint32_t mask = 0;                      // of lanes that it waits for
  std::uint64_t value = 0;                     // that it brings to its warp
  std::array<std::uint64_t, kWarp> brought{};  // by lane, once all are there
  std::vector<Copy> copies;
  bool ended = true;
};

struct Block {
  Where scheduler{};
  std::deque<Fiber> fibers;  // which stay where they are: a context knows its own address
  std::size_t count = 0;
  Fiber* running = nullptr;
  const std::function<void()>* body = nullptr;
  std::exception_ptr error;
  std::mt19937 order{20211};
};

Block& block() {
  static Block one;
  return one;
}

void enter() {
  for (;;) {
    Fiber& self = *block().running;
    try {
      (*block().body)();
    } catch (...) {
      if (!block().error) block().error = std::current_exception();
    }
    self.ended = true;
    go(self.where, block().scheduler);
  }
}

/// Enters the fiber's stack.
void begin(Fiber& fiber) {
  fiber.begun = true;
  if (!fiber.stack) fiber.stack = std::make_unique<std::byte[]>(kStack);
  ucontext_t context{};
  getcontext(&context);
  context.uc_stack.ss_sp = fiber.stack.get();
  context.uc_stack.ss_size = kStack;
  context.uc_link = nullptr;
  makecontext(&context, enter, 0);
  go_to_context(block().scheduler, context);
}

void resume(Fiber& fiber) {
  Block& here = block();
  here.running = &fiber;
  place = fiber.place;
  if (fiber.begun)
    go(here.scheduler, fiber.where);
  else
    begin(fiber);
  here.running = nullptr;
}

void wait_as(Waits waits) {
  Fiber& self = *block().running;
  self.waits = waits;
  go(self.where, block().scheduler);
}

void prepare(Fiber& fiber, Index threads, unsigned number) {
  if (!fiber.ended) fiber.begun = false;  // it stopped within a block that failed
  fiber.place = {{number % threads.x, number / threads.x % threads.y, number / (threads.x * threads.y)}, number};
  fiber.waits = Waits::not_at_all;
  fiber.copies.clear();
  fiber.ended = false;
}

bool let_block_go() {
  Block& here = block();
  for (std::size_t i = 0; i < here.count; ++i)
    if (here.fibers[i].ended || here.fibers[i].waits != Waits::for_block) return false;
  for (std::size_t i = 0; i < here.count; ++i) here.fibers[i].waits = Waits::not_at_all;
  return true;
}

/// One group of lanes that wait for one another, if there is one that is complete.
bool let_lanes_go(std::size_t first) {
  Block& here = block();
  const std::size_t lanes = std::min<std::size_t>(kWarp, here.count - first);
  const auto waiting = [&](std::size_t lane, std::uint32_t mask) {
    if (lane >= lanes) return false;
    const Fiber& fiber = here.fibers[first + lane];
    return !fiber.ended && fiber.waits == Waits::for_warp && fiber.mask == mask;
  };
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    const std::uint32_t mask = here.fibers[first + lane].mask;
    if (!waiting(lane, mask)) continue;
    // Lanes past the end of a block that is no multiple of a warp are named by a full mask, and are not there.
    bool complete = true;
    for (std::size_t other = 0; other < lanes; ++other)
      if ((mask >> other & 1U) != 0 && !waiting(other, mask)) complete = false;
    if (!complete) continue;
    std::array<std::uint64_t, kWarp> brought{};
    for (std::size_t other = 0; other < lanes; ++other) brought[other] = here.fibers[first + other].value;
    for (std::size_t other = 0; other < lanes; ++other)
      if ((mask >> other & 1U) != 0) {
        here.fibers[first + other].brought = brought;
        here.fibers[first + other].waits = Waits::not_at_all;
      }
    return true;
  }
  return false;
}

bool let_go() {
  bool any = let_block_go();
  for (std::size_t first = 0; first < block().count; first += kWarp) any = let_lanes_go(first) || any;
  return any;
}

std::string stuck() {
  const Block& here = block();
  std::size_t ended = 0, at_barrier = 0, in_warps = 0;
  for (std::size_t i = 0; i < here.count; ++i) {
    const Fiber& fiber = here.fibers[i];
    ++(fiber.ended ? ended : fiber.waits == Waits::for_block ? at_barrier : in_warps);
  }
  return "threads of a block wait for ever: " + std::to_string(at_barrier) + " at a barrier, " + std::to_string(in_warps) +
         " for lanes of their warp, and " + std::to_string(ended) + " have ended";
}

}  // namespace

void run_block(Index threads, const std::function<void()>& body) {
  Block& here = block();
  here.count = static_cast<std::size_t>(threads.x) * threads.y * threads.z;
  if (here.fibers.size() < here.count) here.fibers.resize(here.count);
  here.body = &body;
  here.error = nullptr;
  for (std::size_t i = 0; i < here.count; ++i) prepare(here.fibers[i], threads, static_cast<unsigned>(i));
  std::vector<std::size_t> order(here.count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::shuffle(order.begin(), order.end(), here.order);
  for (bool all_ended = false; !all_ended;) {
    all_ended = true;
    bool ran = false;
    for (const std::size_t i : order) {
      Fiber& fiber = here.fibers[i];
      if (!fiber.ended && fiber.waits == Waits::not_at_all) {
        resume(fiber);
        ran = true;
        if (here.error) std::rethrow_exception(here.error);
      }
      all_ended = all_ended && fiber.ended;
    }
    if (!all_ended && !let_go() && !ran) throw std::logic_error(stuck());
  }
}

void meet_block() { wait_as(Waits::for_block); }

std::uint64_t meet_warp(std::uint32_t mask, std::uint64_t value, unsigned from) {
  Fiber& self = *block().running;
  const unsigned lane = self.place.number % kWarp;
  if ((mask >> lane & 1U) == 0) throw std::logic_error("a lane calls a warp operation whose mask leaves it out");
  if (from >= kWarp || (mask >> from & 1U) == 0) throw std::logic_error("a lane asks for the value of one that its mask leaves out");
  self.mask = mask;
  self.value = value;
  wait_as(Waits::for_warp);
  return self.brought[from];
}

const std::array<std::uint64_t, kWarp>& meet_warp(std::uint64_t value) {
  meet_warp(~0U, value, 0);
  return block().running->brought;
}

std::vector<Copy>& copies_under_way() { return block().running->copies; }

}  // namespace cuda_on_host

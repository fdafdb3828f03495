#include "kernels/data/loader.hpp"

#include <sched.h>

#include <numeric>
#include <string>

#include "core/error.hpp"
#include "io/format.hpp"
#include "kernels/trainer/clock.hpp"
#include "kernels/trainer/random.hpp"

namespace forerun {
namespace {

constexpr std::uint64_t kOrderStream = 6;  // behind those of data that is made

void use_cores(const std::vector<int>& cores) {
  if (cores.empty()) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int core : cores)
    if (core < CPU_SETSIZE) CPU_SET(static_cast<std::size_t>(core), &set);
  sched_setaffinity(0, sizeof set, &set);  // where that is refused it shares the core of the thread that trains
}

}  // namespace

std::vector<std::uint32_t> epoch_order(std::int64_t samples, std::uint64_t seed, std::int64_t epoch) {
  std::vector<std::uint32_t> order(static_cast<std::size_t>(samples));
  std::iota(order.begin(), order.end(), 0U);
  const std::uint64_t key = stream_key(stream_key(seed, kOrderStream), static_cast<std::uint64_t>(epoch));
  for (std::size_t left = order.size(); left > 1; --left) std::swap(order[left - 1], order[mix_bits(key ^ left) % left]);  // Fisher-Yates
  return order;
}

Loader::Loader(const ImageFiles& files, const Workload& workload, std::uint64_t seed, Share share, std::int64_t after, int prefetch,
               std::vector<int> cores)
    : files_(files),
      shape_(workload.input),
      seed_(seed),
      share_(share),
      step_(after),
      prefetch_(static_cast<std::size_t>(prefetch)),
      cores_(std::move(cores)) {
  if (files.samples() < share.batch)
    throw BadInput(Problem{.file = "--data",
                           .what = "holds fewer samples than a batch",
                           .got = std::to_string(files.samples()),
                           .allowed = forerun::format("at least {}", share.batch)});
  if (prefetch > 0) thread_ = std::thread([this] { work(); });
}

Loader::~Loader() {
  {
    const std::scoped_lock lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

LoadedBatch Loader::load(std::int64_t step) {
  const std::int64_t steps = files_.samples() / share_.batch;  // of an epoch
  if (const std::int64_t epoch = step / steps; epoch != epoch_) order_ = epoch_order(files_.samples(), seed_, epoch), epoch_ = epoch;
  const auto elements = static_cast<std::size_t>(shape_.elements());
  LoadedBatch loaded;
  loaded.batch = {AlignedArray<float>(elements * static_cast<std::size_t>(share_.count)),
                  AlignedArray<std::int32_t>(static_cast<std::size_t>(share_.count))};
  loaded.batch.first = share_.first;
  for (std::int64_t i = 0; i < share_.count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const std::uint32_t sample = order_[static_cast<std::size_t>(step % steps * share_.batch + share_.first + i)];
    loaded.batch.labels.span()[at] = files_.load(sample, loaded.batch.samples.span().subspan(at * elements, elements), loaded.times);
  }
  return loaded;
}

void Loader::work() {
  use_cores(cores_);
  for (std::int64_t step = step_;; ++step) {
    LoadedBatch loaded;
    std::exception_ptr failure;
    try {
      loaded = load(step);
    } catch (...) {
      failure = std::current_exception();
    }
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return over_ || ready_.size() < prefetch_; });
    if (over_) return;
    failure_ = failure;
    if (!failure) ready_.push_back(std::move(loaded));
    changed_.notify_all();
    if (failure) return;
  }
}

const LoadedBatch& Loader::next() {
  const Seconds begun = steady_now();
  if (prefetch_ == 0) {
    current_ = load(step_++);
  } else {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !ready_.empty() || failure_; });
    if (ready_.empty()) std::rethrow_exception(failure_);
    current_ = std::move(ready_.front());
    ready_.pop_front();
    changed_.notify_all();
  }
  current_.waited = steady_now() - begun;
  return current_;
}

}  // namespace forerun

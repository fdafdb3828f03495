#include "oracle/pipeline_run.hpp"

#include <algorithm>
#include <limits>

namespace forerun::oracle {

namespace {
constexpr double kNever = -std::numeric_limits<double>::infinity();
constexpr std::size_t kKinds = 4;
}  // namespace

Moments::Moments(const Pipeline& pipeline) : chunks_(pipeline.chunks.size()), micro_batches_(pipeline.micro_batches) {
  const std::int64_t walks = (pipeline.buffer_depth + micro_batches_ - 1) / micro_batches_;
  before_ = walks * micro_batches_;
  times_.assign(kKinds * chunks_ * static_cast<std::size_t>(before_ + micro_batches_), kNever);
  records_.assign(times_.size(), -1);
}

std::size_t Moments::at(Kind kind, int chunk, std::int64_t micro_batch) const {
  const std::size_t row = static_cast<std::size_t>(kind) * chunks_ + static_cast<std::size_t>(chunk);
  return row * static_cast<std::size_t>(before_ + micro_batches_) + static_cast<std::size_t>(before_ + micro_batch);
}

void Moments::next_walk() {
  for (std::size_t row = 0; row < kKinds * chunks_; ++row) {
    const auto first = static_cast<std::ptrdiff_t>(row) * (before_ + micro_batches_);
    const auto shift = [&](auto& list, auto never) {
      std::copy(list.begin() + first + micro_batches_, list.begin() + first + micro_batches_ + before_, list.begin() + first);
      std::fill_n(list.begin() + first + before_, micro_batches_, never);
    };
    shift(times_, kNever);
    shift(records_, -1);
  }
}

void Moments::set(Kind kind, int chunk, std::int64_t micro_batch, double time_s, int record) {
  times_[at(kind, chunk, micro_batch)] = time_s;
  records_[at(kind, chunk, micro_batch)] = record;
}

double Moments::time_s(Kind kind, int chunk, std::int64_t micro_batch) const {
  return micro_batch < -before_ ? kNever : times_[at(kind, chunk, micro_batch)];
}

int Moments::record(Kind kind, int chunk, std::int64_t micro_batch) const {
  return micro_batch < -before_ ? -1 : records_[at(kind, chunk, micro_batch)];
}

}  // namespace forerun::oracle

#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "kernels/data/image_files.hpp"
#include "kernels/trainer/data.hpp"

namespace forerun {

/// The sample at a place of the order that an epoch reads all samples in: a shuffle by (seed, epoch) alone, so that any step of any
/// training with the seed finds the same.
std::vector<std::uint32_t> epoch_order(std::int64_t samples, std::uint64_t seed, std::int64_t epoch);

/// A rank's batch of a step, and what loading it took.
struct LoadedBatch {
  Batch batch;
  ImageFiles::Times times;
  Seconds waited;  ///< by who asked for it
};

/// Reads and decodes a rank's batches, step after step, on a thread of its own that is a few steps ahead. An epoch has floor(samples /
/// batch) steps; the samples left over at its end are not read.
class Loader {
 public:
  struct Share {
    std::int64_t batch = 0;  ///< global
    std::int64_t first = 0;  ///< of it, this rank's samples
    std::int64_t count = 0;
  };
  /// Begins with the step after `after`. `prefetch`: batches that are ready before they are asked for; 0: each is read when it is. `cores`:
  /// those that its thread may use; empty: as this one. BadInput: fewer samples than a batch.
  Loader(const ImageFiles& files, const Workload& workload, std::uint64_t seed, Share share, std::int64_t after, int prefetch,
         std::vector<int> cores);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// The next step's; it stays until the next call. BadInput as ImageFiles::load().
  const LoadedBatch& next();

 private:
  LoadedBatch load(std::int64_t step);
  void work();

  const ImageFiles& files_;
  TensorShape shape_;
  std::uint64_t seed_;
  Share share_;
  std::int64_t step_;
  std::size_t prefetch_;
  std::vector<int> cores_;
  std::int64_t epoch_ = -1;
  std::vector<std::uint32_t> order_;  // of that epoch
  LoadedBatch current_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<LoadedBatch> ready_;
  std::exception_ptr failure_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace forerun

#pragma once

#include <mpi.h>

#include <functional>
#include <map>
#include <vector>

#include "kernels/ranks/chunks.hpp"
#include "kernels/trainer/rank_group.hpp"

namespace forerun {

/// The ranks of an MPI communicator. MPI's own error handler ends all ranks, so no call here returns a failure.
class MpiGroup : public RankGroup {
 public:
  /// `most`: values in one message.
  explicit MpiGroup(MPI_Comm communicator, std::size_t most = kMostOfMessage) : communicator_(communicator), most_(most) {
    MPI_Comm_rank(communicator, &rank_);
    MPI_Comm_size(communicator, &ranks_);
  }

  [[nodiscard]] int rank() const override { return rank_; }
  [[nodiscard]] int ranks() const override { return ranks_; }
  void all_reduce(std::span<float> values) override;
  void start_all_reduce(int slot, std::span<float> values) override;
  bool advance(int slot) override;
  void wait(int slot) override;
  void barrier() override { MPI_Barrier(communicator_); }

  /// The numbers of all ranks, which have as many each, on rank 0: `use` gets those of one rank after another. Nothing on the others.
  void gather(std::span<double> numbers, const std::function<void(std::span<const double>)>& use) const;

 private:
  MPI_Comm communicator_;
  int rank_ = 0;
  int ranks_ = 1;
  std::size_t most_;
  std::map<int, std::vector<MPI_Request>> started_;  // one a message
};

}  // namespace forerun

#pragma once

#include <mpi.h>

#include <map>

#include "kernels/trainer/rank_group.hpp"

namespace forerun {

/// The ranks of an MPI communicator. MPI's own error handler ends all ranks, so no call here returns a failure.
class MpiGroup : public RankGroup {
 public:
  explicit MpiGroup(MPI_Comm communicator) : communicator_(communicator) {
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

 private:
  MPI_Comm communicator_;
  int rank_ = 0;
  int ranks_ = 1;
  std::map<int, MPI_Request> started_;
};

}  // namespace forerun

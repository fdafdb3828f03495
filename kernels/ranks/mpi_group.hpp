#pragma once

#include <mpi.h>

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "kernels/ranks/chunks.hpp"
#include "kernels/trainer/rank_group.hpp"

namespace forerun {

/// The ranks of an MPI communicator. MPI's own error handler ends all ranks, so no call here returns a failure.
class MpiGroup : public RankGroup {
 public:
  /// `most`: values in one message.
  explicit MpiGroup(MPI_Comm communicator, std::size_t most = kMostOfMessage);
  ~MpiGroup() override;

  [[nodiscard]] int rank() const override { return rank_; }
  [[nodiscard]] int ranks() const override { return ranks_; }
  [[nodiscard]] std::unique_ptr<RankGroup> among(std::span<const int> members) override;
  void all_reduce(std::span<float> values) override;
  void all_gather(std::span<const float> own, std::span<float> all) override;
  void reduce_scatter(std::span<const float> all, std::span<float> own) override;
  void start_all_reduce(int slot, std::span<float> values) override;
  void start_send(int slot, int to, int tag, std::span<const float> values) override;
  void start_receive(int slot, int from, int tag, std::span<float> values) override;
  bool advance(int slot) override;
  void wait(int slot) override;
  int wait_any(std::span<const int> slots) override;
  void barrier() override;

  /// The numbers of all ranks on rank 0: `use` gets those of one rank after another. Nothing on the others.
  void gather(std::span<double> numbers, const std::function<void(std::span<const double>)>& use) const;

 private:
  /// What is under way under one slot.
  struct Started {
    std::vector<MPI_Request> requests;  // one a message
    bool between_two = false;           // and not of all ranks
  };

  MPI_Comm communicator_;
  bool own_ = false;  // made by among()
  int rank_ = 0;
  int ranks_ = 1;
  std::size_t most_;
  std::map<int, Started> started_;
};

}  // namespace forerun

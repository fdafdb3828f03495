#include "kernels/ranks/mpi_group.hpp"

namespace forerun {

namespace {

int count_of(std::span<const float> chunk) { return static_cast<int>(chunk.size()); }

}  // namespace

void MpiGroup::all_reduce(std::span<float> values) {
  for_each_chunk(values, most_, [&](std::span<float> chunk) {
    MPI_Allreduce(MPI_IN_PLACE, chunk.data(), count_of(chunk), MPI_FLOAT, MPI_SUM, communicator_);
  });
}

void MpiGroup::start_all_reduce(int slot, std::span<float> values) {
  std::vector<MPI_Request>& requests = started_[slot];
  for_each_chunk(values, most_, [&](std::span<float> chunk) {
    MPI_Iallreduce(MPI_IN_PLACE, chunk.data(), count_of(chunk), MPI_FLOAT, MPI_SUM, communicator_, &requests.emplace_back());
  });
}

bool MpiGroup::advance(int slot) {
  const auto started = started_.find(slot);
  if (started == started_.end()) return true;
  int complete = 0;
  MPI_Testall(static_cast<int>(started->second.size()), started->second.data(), &complete, MPI_STATUSES_IGNORE);
  if (complete != 0) started_.erase(started);
  return complete != 0;
}

void MpiGroup::wait(int slot) {
  const auto started = started_.find(slot);
  if (started == started_.end()) return;
  MPI_Waitall(static_cast<int>(started->second.size()), started->second.data(), MPI_STATUSES_IGNORE);
  started_.erase(started);
}

void MpiGroup::gather(std::span<double> numbers, const std::function<void(std::span<const double>)>& use) const {
  if (rank_ != 0)
    return for_each_chunk(numbers, most_, [&](std::span<double> chunk) {
      MPI_Send(chunk.data(), static_cast<int>(chunk.size()), MPI_DOUBLE, 0, 0, communicator_);
    });
  use(numbers);
  std::vector<double> others(numbers.size());
  for (int rank = 1; rank < ranks_; ++rank) {
    for_each_chunk(std::span(others), most_, [&](std::span<double> chunk) {
      MPI_Recv(chunk.data(), static_cast<int>(chunk.size()), MPI_DOUBLE, rank, 0, communicator_, MPI_STATUS_IGNORE);
    });
    use(others);
  }
}

}  // namespace forerun

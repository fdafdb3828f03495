#include "kernels/ranks/mpi_group.hpp"

namespace forerun {

void MpiGroup::all_reduce(std::span<float> values) {
  MPI_Allreduce(MPI_IN_PLACE, values.data(), static_cast<int>(values.size()), MPI_FLOAT, MPI_SUM, communicator_);
}

void MpiGroup::start_all_reduce(int slot, std::span<float> values) {
  MPI_Iallreduce(MPI_IN_PLACE, values.data(), static_cast<int>(values.size()), MPI_FLOAT, MPI_SUM, communicator_, &started_[slot]);
}

bool MpiGroup::advance(int slot) {
  const auto request = started_.find(slot);
  if (request == started_.end()) return true;
  int complete = 0;
  MPI_Test(&request->second, &complete, MPI_STATUS_IGNORE);
  if (complete != 0) started_.erase(request);
  return complete != 0;
}

void MpiGroup::wait(int slot) {
  const auto request = started_.find(slot);
  if (request == started_.end()) return;
  MPI_Wait(&request->second, MPI_STATUS_IGNORE);
  started_.erase(request);
}

}  // namespace forerun

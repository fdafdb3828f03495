#include "kernels/ranks/mpi_group.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <thread>

#include "kernels/trainer/clock.hpp"

namespace forerun {

namespace {

int count_of(std::span<const float> chunk) { return static_cast<int>(chunk.size()); }

/// Looks until `complete` says so: at first without a pause, then with naps of a sixteenth of the time waited so far, and of no more than
/// what a message over a fast link takes. So a short wait ends at once, and whoever waits for long leaves the core to others.
template <class Complete>
void wait_patiently(Complete&& complete) {
  constexpr Seconds kEager(50e-6);
  constexpr Seconds kLongestNap(50e-6);
  const Seconds start = steady_now();
  while (!complete()) {
    const Seconds waited = steady_now() - start;
    if (waited < kEager) continue;
    const Seconds nap = std::min(waited / 16, kLongestNap);
    std::this_thread::sleep_for(std::chrono::duration<double>(nap.value()));
  }
}

}  // namespace

MpiGroup::MpiGroup(MPI_Comm communicator, std::size_t most) : communicator_(communicator), most_(most) {
  MPI_Comm_rank(communicator, &rank_);
  MPI_Comm_size(communicator, &ranks_);
}

MpiGroup::~MpiGroup() {
  if (own_) MPI_Comm_free(&communicator_);
}

std::unique_ptr<RankGroup> MpiGroup::among(std::span<const int> members) {
  MPI_Group all = MPI_GROUP_NULL, some = MPI_GROUP_NULL;
  MPI_Comm_group(communicator_, &all);
  MPI_Group_incl(all, static_cast<int>(members.size()), members.data(), &some);
  MPI_Comm made = MPI_COMM_NULL;
  MPI_Comm_create_group(communicator_, some, 0, &made);
  MPI_Group_free(&some);
  MPI_Group_free(&all);
  auto group = std::make_unique<MpiGroup>(made, most_);
  group->own_ = true;
  return group;
}

void MpiGroup::all_reduce(std::span<float> values) {
  for_each_chunk(values, most_, [&](std::span<float> chunk) {
    MPI_Allreduce(MPI_IN_PLACE, chunk.data(), count_of(chunk), MPI_FLOAT, MPI_SUM, communicator_);
  });
}

// Of values for several messages each goes to its place behind those of the one before.
void MpiGroup::all_gather(std::span<const float> own, std::span<float> all) {
  for_each_chunk(own, most_, [&](std::span<const float> chunk) {
    MPI_Datatype block = MPI_DATATYPE_NULL, placed = MPI_DATATYPE_NULL;
    MPI_Type_contiguous(count_of(chunk), MPI_FLOAT, &block);
    MPI_Type_create_resized(block, 0, static_cast<MPI_Aint>(own.size_bytes()), &placed);
    MPI_Type_commit(&placed);
    MPI_Allgather(chunk.data(), count_of(chunk), MPI_FLOAT, all.data() + (chunk.data() - own.data()), 1, placed, communicator_);
    MPI_Type_free(&placed);
    MPI_Type_free(&block);
  });
}

// What is too long for one message goes as several, each with a piece for every rank.
void MpiGroup::reduce_scatter(std::span<const float> all, std::span<float> own) {
  if (own.size() <= most_) {
    MPI_Reduce_scatter_block(all.data(), own.data(), count_of(own), MPI_FLOAT, MPI_SUM, communicator_);
    return;
  }
  std::vector<float> pieces;
  for_each_chunk(own, most_, [&](std::span<float> chunk) {
    pieces.clear();
    for (std::span<const float> left = all; !left.empty(); left = left.subspan(own.size())) {
      const auto piece = left.subspan(static_cast<std::size_t>(chunk.data() - own.data()), chunk.size());
      pieces.insert(pieces.end(), piece.begin(), piece.end());
    }
    MPI_Reduce_scatter_block(pieces.data(), chunk.data(), count_of(chunk), MPI_FLOAT, MPI_SUM, communicator_);
  });
}

void MpiGroup::start_all_reduce(int slot, std::span<float> values) {
  std::vector<MPI_Request>& requests = started_[slot].requests;
  for_each_chunk(values, most_, [&](std::span<float> chunk) {
    MPI_Iallreduce(MPI_IN_PLACE, chunk.data(), count_of(chunk), MPI_FLOAT, MPI_SUM, communicator_, &requests.emplace_back());
  });
}

void MpiGroup::start_send(int slot, int to, int tag, std::span<const float> values) {
  Started& started = started_[slot];
  started.between_two = true;
  for_each_chunk(values, std::min(most_, kMostUnasked), [&](std::span<const float> chunk) {
    MPI_Isend(chunk.data(), count_of(chunk), MPI_FLOAT, to, tag, communicator_, &started.requests.emplace_back());
  });
}

void MpiGroup::start_receive(int slot, int from, int tag, std::span<float> values) {
  Started& started = started_[slot];
  started.between_two = true;
  for_each_chunk(values, std::min(most_, kMostUnasked), [&](std::span<float> chunk) {
    MPI_Irecv(chunk.data(), count_of(chunk), MPI_FLOAT, from, tag, communicator_, &started.requests.emplace_back());
  });
}

bool MpiGroup::advance(int slot) {
  const auto started = started_.find(slot);
  if (started == started_.end()) return true;
  std::vector<MPI_Request>& requests = started->second.requests;
  int complete = 0;
  MPI_Testall(static_cast<int>(requests.size()), requests.data(), &complete, MPI_STATUSES_IGNORE);
  if (complete != 0) started_.erase(started);
  return complete != 0;
}

// What all ranks do together advances by what each of them does while it waits. A message needs its two ends alone.
void MpiGroup::wait(int slot) {
  const auto started = started_.find(slot);
  if (started == started_.end()) return;
  if (started->second.between_two) return wait_patiently([&] { return advance(slot); });
  std::vector<MPI_Request>& requests = started->second.requests;
  MPI_Waitall(static_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE);
  started_.erase(started);
}

int MpiGroup::wait_any(std::span<const int> slots) {
  auto complete = slots.end();
  wait_patiently([&] {
    complete = std::ranges::find_if(slots, [&](int slot) { return advance(slot); });
    return complete != slots.end();
  });
  return *complete;
}

void MpiGroup::barrier() {
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Ibarrier(communicator_, &request);
  wait_patiently([&] {
    int complete = 0;
    MPI_Test(&request, &complete, MPI_STATUS_IGNORE);
    return complete != 0;
  });
}

void MpiGroup::gather(std::span<double> numbers, const std::function<void(std::span<const double>)>& use) const {
  std::uint64_t count = numbers.size();
  if (rank_ != 0) {
    MPI_Send(&count, 1, MPI_UINT64_T, 0, 0, communicator_);
    return for_each_chunk(numbers, most_, [&](std::span<double> chunk) {
      MPI_Send(chunk.data(), static_cast<int>(chunk.size()), MPI_DOUBLE, 0, 0, communicator_);
    });
  }
  use(numbers);
  for (int rank = 1; rank < ranks_; ++rank) {
    MPI_Recv(&count, 1, MPI_UINT64_T, rank, 0, communicator_, MPI_STATUS_IGNORE);
    std::vector<double> others(count);
    for_each_chunk(std::span(others), most_, [&](std::span<double> chunk) {
      MPI_Recv(chunk.data(), static_cast<int>(chunk.size()), MPI_DOUBLE, rank, 0, communicator_, MPI_STATUS_IGNORE);
    });
    use(others);
  }
}

}  // namespace forerun

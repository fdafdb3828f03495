#include "kernels/cuda/nccl_group.hpp"

#include <array>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/error.hpp"

namespace forerun::cuda {

namespace {

void check_nccl(ncclResult_t result, const char* what) {
  if (result != ncclSuccess) throw std::runtime_error(std::string(what) + ": " + ncclGetErrorString(result));
}

/// The first rank's, on all of them: as floats, which no rank calculates with.
ncclUniqueId shared_id(RankGroup& host) {
  ncclUniqueId id{};
  static_assert(sizeof(id) % sizeof(float) == 0);
  if (host.rank() == 0) check_nccl(ncclGetUniqueId(&id), "ncclGetUniqueId");
  std::array<float, sizeof(id) / sizeof(float)> own{};
  std::memcpy(own.data(), &id, sizeof(id));
  std::vector<float> all(own.size() * static_cast<std::size_t>(host.ranks()));
  host.all_gather(own, all);
  std::memcpy(&id, all.data(), sizeof(id));
  return id;
}

}  // namespace

NcclGroup::NcclGroup(std::shared_ptr<Context> context, RankGroup& host) : host_(host), context_(std::move(context)) { connect(); }

NcclGroup::NcclGroup(std::shared_ptr<Context> context, std::unique_ptr<RankGroup> host)
    : own_host_(std::move(host)), host_(*own_host_), context_(std::move(context)) {
  connect();
}

void NcclGroup::connect() {
  const ncclUniqueId id = shared_id(host_);
  try {
    check_nccl(ncclCommInitRank(&communicator_, host_.ranks(), id, host_.rank()), "ncclCommInitRank (each rank needs a GPU of its own)");
    // Above the kernels that are launched meanwhile: what they wait for next is what is under way here.
    int lowest = 0, highest = 0;
    check(cudaDeviceGetStreamPriorityRange(&lowest, &highest), "cudaDeviceGetStreamPriorityRange");
    check(cudaStreamCreateWithPriority(&stream_, cudaStreamNonBlocking, highest), "cudaStreamCreate");
    check(cudaEventCreateWithFlags(&begun_, cudaEventDisableTiming), "cudaEventCreate");
    if (host_.ranks() == 2) meet_partner();
  } catch (...) {
    disconnect();
    throw;
  }
}

// Two ranks connect with their first messages, on the host, and wait for one another there. Stages that first met in a step would each wait
// for another one's first message.
void NcclGroup::meet_partner() {
  const DeviceMemory word(2 * sizeof(float));
  auto* values = static_cast<float*>(word.data());
  const int partner = 1 - host_.rank();
  check_nccl(ncclGroupStart(), "ncclGroupStart");
  check_nccl(ncclSend(values, 1, ncclFloat, partner, communicator_, stream_), "ncclSend");
  check_nccl(ncclRecv(values + 1, 1, ncclFloat, partner, communicator_, stream_), "ncclRecv");
  check_nccl(ncclGroupEnd(), "ncclGroupEnd");
  check(cudaStreamSynchronize(stream_), "NCCL");
}

NcclGroup::~NcclGroup() { disconnect(); }

// What is under way when a rank fails has no partner any more, and would be waited for.
void NcclGroup::disconnect() noexcept {
  if (communicator_ != nullptr) done_.empty() ? ncclCommDestroy(communicator_) : ncclCommAbort(communicator_);
  for (const auto& [slot, event] : done_) cudaEventDestroy(event);
  for (const cudaEvent_t event : free_) cudaEventDestroy(event);
  if (begun_ != nullptr) cudaEventDestroy(begun_);
  if (stream_ != nullptr) cudaStreamDestroy(stream_);
}

std::unique_ptr<RankGroup> NcclGroup::among(std::span<const int> members) {
  return std::unique_ptr<RankGroup>(new NcclGroup(context_, host_.among(members)));
}

void NcclGroup::all_reduce(std::span<float> values) {
  check_nccl(ncclAllReduce(values.data(), values.data(), values.size(), ncclFloat, ncclSum, communicator_, context_->stream()),
             "ncclAllReduce");
}

void NcclGroup::all_gather(std::span<const float> own, std::span<float> all) {
  check_nccl(ncclAllGather(own.data(), all.data(), own.size(), ncclFloat, communicator_, context_->stream()), "ncclAllGather");
}

void NcclGroup::reduce_scatter(std::span<const float> all, std::span<float> own) {
  check_nccl(ncclReduceScatter(all.data(), own.data(), own.size(), ncclFloat, ncclSum, communicator_, context_->stream()),
             "ncclReduceScatter");
}

void NcclGroup::begin() {
  check(cudaEventRecord(begun_, context_->stream()), "cudaEventRecord");
  check(cudaStreamWaitEvent(stream_, begun_), "cudaStreamWaitEvent");
}

// Several messages under one slot are complete with the last.
void NcclGroup::end(int slot) {
  cudaEvent_t& done = done_[slot];
  if (done == nullptr && !free_.empty()) {
    done = free_.back();
    free_.pop_back();
  }
  if (done == nullptr) check(cudaEventCreateWithFlags(&done, cudaEventDisableTiming), "cudaEventCreate");
  check(cudaEventRecord(done, stream_), "cudaEventRecord");
}

void NcclGroup::start_all_reduce(int slot, std::span<float> values) {
  begin();
  check_nccl(ncclAllReduce(values.data(), values.data(), values.size(), ncclFloat, ncclSum, communicator_, stream_), "ncclAllReduce");
  end(slot);
}

void NcclGroup::require_one_tag(int tag) {
  if (tag_ >= 0 && tag != tag_) throw MissingCapability("the trainer's GPUs run one chunk of layers a stage (interleave)");
  tag_ = tag;
}

void NcclGroup::start_send(int slot, int to, int tag, std::span<const float> values) {
  require_one_tag(tag);
  begin();
  check_nccl(ncclSend(values.data(), values.size(), ncclFloat, to, communicator_, stream_), "ncclSend");
  end(slot);
}

void NcclGroup::start_receive(int slot, int from, int tag, std::span<float> values) {
  require_one_tag(tag);
  noted_[slot].push_back({values, from});
}

void NcclGroup::receive(int slot, const std::vector<Noted>& messages) {
  begin();  // what was launched before may still read the arrays
  check_nccl(ncclGroupStart(), "ncclGroupStart");
  for (const Noted& message : messages)
    check_nccl(ncclRecv(message.values.data(), message.values.size(), ncclFloat, message.from, communicator_, stream_), "ncclRecv");
  check_nccl(ncclGroupEnd(), "ncclGroupEnd");
  end(slot);
}

bool NcclGroup::advance(int slot) {
  if (noted_.contains(slot)) return false;
  const auto started = done_.find(slot);
  if (started == done_.end()) return true;
  const cudaError_t state = cudaEventQuery(started->second);
  if (state == cudaErrorNotReady) return false;
  check(state, "cudaEventQuery");
  free_.push_back(started->second);
  done_.erase(started);
  return true;
}

void NcclGroup::wait(int slot) {
  if (const auto noted = noted_.find(slot); noted != noted_.end()) {
    receive(slot, noted->second);
    noted_.erase(noted);
  }
  const auto started = done_.find(slot);
  if (started == done_.end()) return;
  check(cudaStreamWaitEvent(context_->stream(), started->second), "cudaStreamWaitEvent");
  free_.push_back(started->second);
  done_.erase(started);
}

int NcclGroup::wait_any(std::span<const int> slots) {
  for (const int slot : slots)
    if (advance(slot)) return slot;
  wait(slots.front());
  context_->finish();
  return slots.front();
}

void NcclGroup::barrier() {
  check(cudaStreamSynchronize(stream_), "NCCL");
  context_->finish();
  host_.barrier();
}

}  // namespace forerun::cuda

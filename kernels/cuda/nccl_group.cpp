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
  check_nccl(ncclCommInitRank(&communicator_, host_.ranks(), id, host_.rank()), "ncclCommInitRank");
  check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreate");
  check(cudaEventCreateWithFlags(&begun_, cudaEventDisableTiming), "cudaEventCreate");
}

NcclGroup::~NcclGroup() {
  for (const auto& [slot, event] : done_) cudaEventDestroy(event);
  for (const cudaEvent_t event : free_) cudaEventDestroy(event);
  if (begun_ != nullptr) cudaEventDestroy(begun_);
  if (stream_ != nullptr) cudaStreamDestroy(stream_);
  if (communicator_ != nullptr) ncclCommDestroy(communicator_);
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

// It may be posted long before its array is free in the order of the context's stream: what was launched before still reads it.
void NcclGroup::start_receive(int slot, int from, int tag, std::span<float> values) {
  require_one_tag(tag);
  begin();
  check_nccl(ncclRecv(values.data(), values.size(), ncclFloat, from, communicator_, stream_), "ncclRecv");
  end(slot);
}

bool NcclGroup::advance(int slot) {
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
  const auto started = done_.find(slot);
  if (started == done_.end()) return;
  check(cudaStreamWaitEvent(context_->stream(), started->second), "cudaStreamWaitEvent");
  free_.push_back(started->second);
  done_.erase(started);
}

int NcclGroup::wait_any(std::span<const int> slots) {
  for (const int slot : slots)
    if (advance(slot)) return slot;
  check(cudaEventSynchronize(done_.at(slots.front())), "cudaEventSynchronize");
  wait(slots.front());
  return slots.front();
}

void NcclGroup::barrier() {
  check(cudaStreamSynchronize(stream_), "NCCL");
  context_->finish();
  host_.barrier();
}

}  // namespace forerun::cuda

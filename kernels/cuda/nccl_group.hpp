#pragma once

#include <nccl.h>

#include <map>
#include <memory>
#include <vector>

#include "kernels/cuda/runtime.hpp"
#include "kernels/trainer/rank_group.hpp"

namespace forerun::cuda {

/// The ranks of a group whose arrays lie on a GPU each, joined by NCCL. What is started runs on a stream of its own, behind what the
/// context's stream had when it was started; wait() holds that stream up and not the host. All spans are of device memory.
///
/// A receive occupies its GPU until the message comes, so it is noted when it is started and handed to NCCL when it is waited for. NCCL
/// matches the messages of two ranks by their order alone, so a group carries messages of one tag.
/// Calls throw std::runtime_error in NCCL's or CUDA's words where they fail, and MissingCapability for messages of another tag.
class NcclGroup : public RankGroup {
 public:
  /// All ranks of `host` at once; it must outlive the group.
  NcclGroup(std::shared_ptr<Context> context, RankGroup& host);
  ~NcclGroup() override;

  [[nodiscard]] int rank() const override { return host_.rank(); }
  [[nodiscard]] int ranks() const override { return host_.ranks(); }
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
  /// Waits for the GPU, too.
  void barrier() override;

 private:
  NcclGroup(std::shared_ptr<Context> context, std::unique_ptr<RankGroup> host);

  /// A receive that NCCL does not know of yet.
  struct Noted {
    std::span<float> values;
    int from = 0;
  };

  void connect();
  void meet_partner();
  void disconnect() noexcept;
  void begin();
  void end(int slot);
  void receive(int slot, const std::vector<Noted>& messages);
  void require_one_tag(int tag);

  std::unique_ptr<RankGroup> own_host_;  // of a group made by among()
  RankGroup& host_;
  std::shared_ptr<Context> context_;
  ncclComm_t communicator_ = nullptr;
  cudaStream_t stream_ = nullptr;
  cudaEvent_t begun_ = nullptr;
  std::map<int, cudaEvent_t> done_;          // by slot, of what is under way
  std::map<int, std::vector<Noted>> noted_;  // by slot
  std::vector<cudaEvent_t> free_;
  int tag_ = -1;
};

}  // namespace forerun::cuda

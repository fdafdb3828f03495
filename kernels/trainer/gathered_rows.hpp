#pragma once

#include "kernels/trainer/array.hpp"
#include "kernels/trainer/image_rows.hpp"
#include "kernels/trainer/shared_layer.hpp"

namespace forerun {

/// A layer that needs whole images, behind one whose images' rows are shared out: the parts are gathered before it, and the gradients that
/// all ranks leave are summed and handed out behind it.
class GatheredRows final : public SharedLayer {
 public:
  GatheredRows(const Shard& shard, std::int64_t batch, LayerBuffers& buffers);

  void begin(Pass /*pass*/, LayerBuffers& /*buffers*/) override {}
  void exchange(const PlannedExchange& planned, RankGroup& group) override;

 private:
  [[nodiscard]] ImageRows<float> block(AlignedArray<float>& blocks, int member) const;

  const Shard& shard_;
  std::int64_t batch_;
  std::int64_t row_elements_;
  std::int64_t block_elements_;  // of the largest part, which messages have room for
  const float* part_;
  float* part_gradient_;
  AlignedArray<float> whole_, whole_gradient_, blocks_, own_;
};

}  // namespace forerun

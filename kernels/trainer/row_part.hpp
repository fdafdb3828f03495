#pragma once

#include "kernels/trainer/array.hpp"
#include "kernels/trainer/image_rows.hpp"
#include "kernels/trainer/shared_layer.hpp"

namespace forerun {

/// A convolution or pooling whose images' rows are shared out: it works on its own rows and those that neighbours send, beyond the image's
/// edge on padding. Rows are numbered as in the whole image.
class RowPart final : public SharedLayer {
 public:
  RowPart(const Shard& shard, std::int64_t batch, LayerBuffers& buffers);

  void begin(Pass pass, LayerBuffers& buffers) override;
  void point(Pass pass, LayerBuffers& buffers) override;
  void end(Pass pass) override;
  void exchange(const PlannedExchange& planned, RankGroup& group) override;

 private:
  /// What moves over an edge between two parts: rows that the sender has, and where the receiver lacks or owns them.
  struct Moved {
    ImageRange sent;
    ImageRange received;
  };
  [[nodiscard]] Moved moved(ImageRange own, Reach reach, bool toward_next, bool back) const;
  /// The rows that come, of a buffer that the next shift uses again; nothing at the end of the row of ranks.
  ImageRows<const float> shift(const PlannedExchange& planned, RankGroup& group, const ImageRows<const float>& from, Moved rows);

  const Shard& shard_;
  RowShare share_;
  ImageRows<const float> x_own_;
  ImageRows<const float> dy_own_;
  ImageRows<float> dx_own_;
  ImageRows<float> x_;   // what the rank's windows look at
  ImageRows<float> dy_;  // gradients of the windows that look at its rows; of a max-pool its own
  ImageRows<float> dx_;  // what the backward pass leaves
  AlignedArray<float> x_array_, dy_array_, dx_array_, sent_, received_;
};

}  // namespace forerun

#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/plan.hpp"
#include "core/workload.hpp"
#include "strategies/image_parts.hpp"

namespace forerun {

/// Columns [first, first + count) of each row of a matrix.
struct Slice {
  std::int64_t rows = 0;
  std::int64_t width = 0;
  std::int64_t first = 0;
  std::int64_t count = 0;

  [[nodiscard]] std::int64_t elements() const { return rows * count; }
  friend bool operator==(const Slice&, const Slice&) = default;
};

/// Copies a slice out of its matrix, into rows of their own, or back to where it belongs.
void take(const float* matrix, const Slice& slice, float* own);
void put(const float* own, const Slice& slice, float* matrix);

/// What the ranks that share a layer have a part each of.
enum class Share {
  nothing,
  filters,
  channels,
  rows,          ///< of every image; all weights are every rank's
  gathered_rows  ///< nothing, but it reads what has its rows shared out
};

/// The rows of an image that a rank has of a layer's inputs and outputs, and those that its passes work on, which may lie outside the
/// image.
struct RowShare {
  ImageRange input;
  ImageRange output;
  ImageRange x;    ///< that the rank's windows look at
  ImageRange dy;   ///< gradients of windows from which the backward pass finds ...
  ImageRange dx;   ///< ... those of these rows
  Reach x_reach;   ///< rows that parts lack
  Reach dy_reach;  ///< none of max-pools: which element was the maximum only they know that have the window
  bool reads_samples = false;
};

/// Whether windows slide over the layer's images.
bool slides(LayerKind kind);

/// A rank's part of a layer. Activations between layers are whole on every rank; a layer whose filters are shared out writes its part of
/// the outputs, one whose channels are shared out reads its part of the inputs. Where rows of images are shared out, so are activations.
struct Shard {
  Share share = Share::nothing;
  int parts = 1;
  int part = 0;
  LayerShape whole;
  LayerShape own;        ///< as the rank runs it, but for the rows that its windows look at
  TensorShape gathered;  ///< what it reads whole, of gathered_rows
  bool reads_samples = false;

  /// Where a member's part lies in a batch of whole outputs (filters) or inputs (channels), their positions row by row.
  [[nodiscard]] Slice activations(std::int64_t batch, int member) const;
  /// Where the rank's weights, then its biases, lie in those of the whole layer. Of shared channels every rank has all biases.
  [[nodiscard]] std::array<Slice, 2> parameters() const;
  /// A kernel of the plan as this rank runs it: of the ranks that sum up an output from their channels, one adds the biases.
  [[nodiscard]] Kernel run_as(Kernel kernel) const;
  /// Of shared rows.
  [[nodiscard]] RowShare rows() const;
  [[nodiscard]] bool divides_parameters() const { return share == Share::filters || share == Share::channels; }
};

/// The communicator of the ranks that share layers; -1 for none.
int sharing_communicator(const StepPlan& plan);

/// What a rank has of each layer, as the shapes of its kernels in the plan say. MissingCapability: a part of weights that two layers share.
std::vector<Shard> shards_of(const Workload& workload, const StepPlan& plan, int rank);

/// The workload with the shapes that the rank's parameters have, and with those that activations have between layers.
Workload own_part(const Workload& workload, const std::vector<Shard>& shards);
Workload between_layers(const Workload& workload, const std::vector<Shard>& shards);

/// A rank's parameters of a layer out of those of the whole one, or back.
void take_parameters(std::span<const float> whole, const Shard& shard, std::span<float> own);
void put_parameters(std::span<const float> own, const Shard& shard, std::span<float> whole);

}  // namespace forerun

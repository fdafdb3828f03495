#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/workload.hpp"
#include "io/text.hpp"
#include "io/yaml.hpp"
#include "workloads/graph_builder.hpp"

namespace forerun {

/// What the extents of a window, a stride or a padding are in a file: one number for all, or one each.
struct EntryExtents {
  std::vector<int> values;  ///< height, width or depth, height, width; empty where they are not given
};

/// A layer as a file gives it, before the shapes of its inputs are known, or a block of layers that repeats.
struct LayerEntry {
  LayerKind kind = LayerKind::dense;
  Text where;              ///< where it stands, for messages
  std::string name;        ///< empty: after its kind, counted
  std::vector<Text> from;  ///< empty: the layer before
  std::optional<Text> tied_to;
  bool frozen = false;
  Bias bias = Bias::present;

  std::int64_t outputs = 0;  ///< also a convolution's channels, an embedding's and the factors of least squares
  bool per_position = false;
  std::int64_t experts = 1;  ///< dense: weight matrices; combine: outputs that each position sums up
  std::int64_t rows = 0;     ///< embedding: of its table; nearest-center: centers; least-squares: rows
  std::int64_t positions = 0;
  std::int64_t groups = 1;
  bool sparse = false;

  EntryExtents window, stride, padding, dilation;
  bool padding_same = false;
  bool round_up = false;
  bool whole = false;  ///< the pool's window is its input

  std::optional<TensorShape> to;  ///< reshape; without it flattens
  Attention attention;
  bool shared_heads = false;  ///< key_heads was given

  std::int64_t repeat = 0;  ///< a block of `layers`, so many times; 0 for a layer
  std::vector<LayerEntry> layers;
};

/// Layers and blocks of a file. BadInput with everything that is wrong in what each says by itself.
std::vector<LayerEntry> read_layers(const YamlNode& sequence);

/// `{channels: C, height: H, width: W, depth: D}`, of which all but the channels may be left out, `{tokens: T}`, or the features of a
/// vector.
TensorShape read_shape(const YamlNode& node);

}  // namespace forerun

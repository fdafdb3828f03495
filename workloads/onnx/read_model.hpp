#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "io/text.hpp"
#include "workloads/onnx/graph.hpp"

namespace forerun::onnx {

/// The graph of an ONNX file. Of tensors their names, types and dims are read; their elements only where they are at most kMostKept,
/// for shapes and scalars. Others are skipped over without being loaded, and external data is never opened.
/// The protobuf messages are read field by field from a stream, not by generated code: that keeps unknown fields and would thus hold
/// every weight of the file in memory, and believes repeated fields of any length.
/// BadInput with the file and the byte or the node: missing or no regular file, larger than `limit` bytes, cut off, no ONNX model, more
/// than the limits of graph.hpp allow, sparse tensors, a tensor that is defined twice or never.
Graph read_model(const Text& file, std::int64_t limit = kFileLimit);

/// The same from bytes in memory; `name` stands for the file.
Graph read_model_bytes(std::string_view bytes, const std::string& name);

}  // namespace forerun::onnx

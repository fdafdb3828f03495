#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/workload.hpp"
#include "io/text.hpp"

namespace forerun {

/// Whether the name is that of an ONNX file: it ends in .onnx.
bool names_an_onnx_file(std::string_view name);

/// The network of an ONNX file for training, with the shapes that follow from its inputs' and one sample in its batch. Operators become
/// layers; views and shape arithmetic become none; what exporters take apart (attention, norms, gelu, silu, biases) is put together
/// again; weights become parameters, buffers such as running means and masks do not. A loss follows the first output.
/// The batch is the symbolic dimension whose name holds `batch`, or else the first of an input where that is symbolic; it may be 1.
/// settings (keys as set, without `workload.`):
///   loss = softmax-cross-entropy | squared-error | binary-cross-entropy | none
///   output = NAME         the output that is trained; without it all are calculated, and the first is
///   file-limit = 2GiB     bytes that a file may have; 512 MiB unless set
///   NAME = V              the size of a symbolic dimension
/// BadInput with the file and the node: what read_model() refuses, a symbolic dimension without a size, operators that are not known
/// (all of them), shapes that do not fit or depend on values, what an operator refuses.
Workload import_onnx(const Text& file, std::span<const Text> settings);

/// The same from bytes in memory; `name` stands for the file.
Workload import_onnx_bytes(std::string_view bytes, const std::string& name, std::span<const Text> settings);

}  // namespace forerun

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/workload.hpp"
#include "io/text.hpp"
#include "workloads/family_parameters.hpp"

namespace forerun {

/// A workload by the name of a model of the zoo, or from a YAML file (anything with a slash or the ending .yaml, .yml or .json, or
/// the name of a file that exists). `settings` override the file: their keys are `batch`, `samples`, `precision`, `optimizer`,
/// those of adapt(), and for a family or one of its models the family's parameters.
/// The file's format is explained in workloads/models/mnist-cnn.yaml, that of a family's model in workloads/models/gpt2.yaml; a
/// `config.json` of the transformers library is one too (huggingface/huggingface.hpp), and called after its folder. A
/// file that ends in .onnx is imported (onnx/import.hpp).
/// BadInput, all at once: unknown name (with a suggestion and the known ones) or setting, what read_yaml() refuses, a batch that is
/// zero or negative, an unknown layer, a window larger than its padded input, a tensor or a layer above 2^53 elements.
Workload load_workload(const Text& name_or_file, std::span<const Text> settings);

/// A workload with the family that built it, empty where none did, and its parameters in the order in which the family asks for them.
struct LoadedWorkload {
  Workload workload;
  std::string family;
  std::vector<FamilyParameter> parameters;
};

/// load_workload() with where its network is from.
LoadedWorkload load_described(const Text& name_or_file, std::span<const Text> settings);

/// BadInput where neither the model nor a setting gave a batch. `name_or_file` is where the message points.
void require_batch(const Workload& workload, const Text& name_or_file);

/// What a message says is allowed: the zoo is too large to be listed in it.
inline constexpr std::string_view kAllowedWorkloads = "a name that forerun show workload lists, or a file";

/// The names of the zoo, in alphabetical order: models, and families with parameters of their own.
std::span<const std::string_view> known_workloads();
std::span<const std::string_view> known_families();

}  // namespace forerun

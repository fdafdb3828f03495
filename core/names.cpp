#include "core/calibration.hpp"
#include "core/infeasible.hpp"
#include "core/input.hpp"
#include "core/platform.hpp"
#include "core/prediction.hpp"
#include "core/run.hpp"
#include "core/storage.hpp"
#include "core/strategy.hpp"
#include "core/workload.hpp"

namespace forerun {

std::string_view to_string(LayerKind kind) {
  switch (kind) {
    case LayerKind::dense: return "dense";
    case LayerKind::conv2d: return "conv2d";
    case LayerKind::max_pool: return "max-pool";
    case LayerKind::relu: return "relu";
    case LayerKind::softmax_cross_entropy: return "softmax-cross-entropy";
    case LayerKind::conv3d: return "conv3d";
    case LayerKind::transposed_conv2d: return "transposed-conv2d";
    case LayerKind::average_pool: return "average-pool";
    case LayerKind::embedding: return "embedding";
    case LayerKind::lstm: return "lstm";
    case LayerKind::attention: return "attention";
    case LayerKind::product: return "product";
    case LayerKind::interaction: return "interaction";
    case LayerKind::batch_norm: return "batch-norm";
    case LayerKind::layer_norm: return "layer-norm";
    case LayerKind::rms_norm: return "rms-norm";
    case LayerKind::gelu: return "gelu";
    case LayerKind::silu: return "silu";
    case LayerKind::sigmoid: return "sigmoid";
    case LayerKind::tanh: return "tanh";
    case LayerKind::softmax: return "softmax";
    case LayerKind::dropout: return "dropout";
    case LayerKind::rotary: return "rotary";
    case LayerKind::add: return "add";
    case LayerKind::multiply: return "multiply";
    case LayerKind::concat: return "concat";
    case LayerKind::reshape: return "reshape";
    case LayerKind::combine: return "combine";
    case LayerKind::squared_error: return "squared-error";
    case LayerKind::binary_cross_entropy: return "binary-cross-entropy";
    case LayerKind::nearest_center: return "nearest-center";
    case LayerKind::least_squares: return "least-squares";
  }
  return "";
}

std::string_view to_string(AttentionMethod method) {
  switch (method) {
    case AttentionMethod::flash: return "flash";
    case AttentionMethod::fused: return "fused";
    case AttentionMethod::unfused: return "unfused";
  }
  return "";
}

std::string_view to_string(Precision precision) {
  switch (precision) {
    case Precision::fp32: return "fp32";
    case Precision::tf32: return "tf32";
    case Precision::fp16: return "fp16";
    case Precision::bf16: return "bf16";
    case Precision::fp8: return "fp8";
    case Precision::fp64: return "fp64";
  }
  return "";
}

std::string_view to_string(GradientPrecision gradients) { return gradients == GradientPrecision::fp32 ? "fp32" : "computed"; }

std::string_view to_string(Optimizer optimizer) {
  switch (optimizer) {
    case Optimizer::sgd: return "sgd";
    case Optimizer::sgd_momentum: return "sgd-momentum";
    case Optimizer::adam: return "adam";
    case Optimizer::adamw: return "adamw";
    case Optimizer::lbfgs: return "l-bfgs";
  }
  return "";
}

bool is_chain(const Workload& workload) {
  for (int i = 0; i < static_cast<int>(workload.layers.size()); ++i) {
    const std::vector<int>& inputs = workload.layers[i].inputs;
    if (inputs.size() != 1 || inputs.front() != i - 1) return false;
  }
  return true;
}

std::string_view to_string(Pass pass) {
  switch (pass) {
    case Pass::forward: return "forward";
    case Pass::backward_weights: return "backward-weights";
    case Pass::backward_data: return "backward-data";
    case Pass::update: return "update";
  }
  return "";
}

std::string_view to_string(Runtime runtime) {
  switch (runtime) {
    case Runtime::forerun: return "forerun";
    case Runtime::pytorch_ddp: return "pytorch-ddp";
    case Runtime::pytorch_fsdp: return "pytorch-fsdp";
    case Runtime::megatron: return "megatron";
    case Runtime::tf_parameter_server: return "tf-parameter-server";
  }
  return "";
}

std::string_view to_string(Obstacle obstacle) {
  switch (obstacle) {
    case Obstacle::none: return "none";
    case Obstacle::division: return "division";
    case Obstacle::schedule: return "schedule";
    case Obstacle::network: return "network";
    case Obstacle::stages: return "stages";
    case Obstacle::memory: return "memory";
    case Obstacle::other: return "other";
  }
  return "";
}

std::string_view to_string(Market market) { return market == Market::on_demand ? "on-demand" : "spot"; }

std::string_view to_string(Overlap overlap) {
  switch (overlap) {
    case Overlap::none: return "none";
    case Overlap::data: return "data";
    case Overlap::tensor: return "tensor";
    case Overlap::all: return "all";
  }
  return "";
}

std::string_view to_string(Schedule schedule) {
  switch (schedule) {
    case Schedule::gpipe: return "gpipe";
    case Schedule::one_f_one_b: return "1f1b";
    case Schedule::interleaved: return "interleaved";
    case Schedule::zero_bubble_h1: return "zb-h1";
  }
  return "";
}

std::string_view to_string(Offload offload) { return offload == Offload::none ? "none" : "optimizer"; }

std::string_view to_string(Updates updates) { return updates == Updates::synchronous ? "on" : "off"; }

std::string_view to_string(VariablePlacement placement) {
  switch (placement) {
    case VariablePlacement::round_robin: return "round-robin";
    case VariablePlacement::by_size: return "by-size";
    case VariablePlacement::partitioned: return "partitioned";
  }
  return "";
}

std::string_view to_string(ServerNodes nodes) { return nodes == ServerNodes::own ? "own" : "shared"; }

std::string_view to_string(Axis axis) {
  switch (axis) {
    case Axis::tensor: return "tensor";
    case Axis::context: return "context";
    case Axis::expert: return "expert";
    case Axis::data: return "data";
    case Axis::pipeline: return "pipeline";
  }
  return "";
}

std::string_view to_string(Recompute recompute) {
  switch (recompute) {
    case Recompute::none: return "none";
    case Recompute::selective: return "selective";
    case Recompute::full: return "full";
  }
  return "";
}

std::string_view to_string(CollectiveLibrary library) {
  switch (library) {
    case CollectiveLibrary::none: return "none";
    case CollectiveLibrary::nccl: return "nccl";
    case CollectiveLibrary::gloo: return "gloo";
    case CollectiveLibrary::mpi: return "mpi";
  }
  return "";
}

std::string_view to_string(Topology::Kind kind) {
  switch (kind) {
    case Topology::Kind::star: return "star";
    case Topology::Kind::fat_tree: return "fat-tree";
    case Topology::Kind::torus: return "torus";
    case Topology::Kind::dragonfly: return "dragonfly";
    case Topology::Kind::routes: return "routes";
  }
  return "";
}

std::string_view to_string(NodeFabric fabric) {
  switch (fabric) {
    case NodeFabric::pcie: return "pcie";
    case NodeFabric::nvlink: return "nvlink";
    case NodeFabric::nvlink_reducing: return "nvlink-reducing";
  }
  return "";
}

std::string_view to_string(CollectiveAlgorithm algorithm) {
  switch (algorithm) {
    case CollectiveAlgorithm::ring: return "ring";
    case CollectiveAlgorithm::automatic: return "auto";
    case CollectiveAlgorithm::recursive_halving_doubling: return "recursive-halving-doubling";
    case CollectiveAlgorithm::double_binary_tree: return "tree";
    case CollectiveAlgorithm::hierarchical: return "hierarchical";
    case CollectiveAlgorithm::recursive_doubling: return "recursive-doubling";
    case CollectiveAlgorithm::switch_reduction: return "switch";
  }
  return "";
}

std::string_view to_string(Origin origin) {
  switch (origin) {
    case Origin::measured: return "measured";
    case Origin::fitted: return "fitted";
    case Origin::published: return "published";
  }
  return "";
}

std::string_view to_string(Status status) {
  switch (status) {
    case Status::ok: return "ok";
    case Status::infeasible: return "infeasible";
    case Status::failed: return "failed";
  }
  return "";
}

std::string_view to_string(Storage::Kind kind) {
  switch (kind) {
    case Storage::Kind::local_disk: return "local-disk";
    case Storage::Kind::network_disk: return "network-disk";
    case Storage::Kind::file_system: return "file-system";
    case Storage::Kind::object_store: return "object-store";
  }
  return "";
}

std::string_view to_string(SampleCache cache) {
  switch (cache) {
    case SampleCache::none: return "none";
    case SampleCache::page: return "page";
    case SampleCache::memory: return "memory";
  }
  return "";
}

std::string_view to_string(CheckpointMode mode) {
  switch (mode) {
    case CheckpointMode::synchronous: return "synchronous";
    case CheckpointMode::asynchronous: return "asynchronous";
  }
  return "";
}

}  // namespace forerun

#include "core/calibration.hpp"
#include "core/prediction.hpp"
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
  }
  return "";
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
  }
  return "";
}

std::string_view to_string(Overlap overlap) { return overlap == Overlap::none ? "none" : "data"; }

std::string_view to_string(CollectiveAlgorithm) { return "ring"; }

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

}  // namespace forerun

#include <catch2/catch.hpp>

#include "cuda_compare.hpp"
#include "layer_data.hpp"
#include "refusals.hpp"
#include "workloads/shapes.hpp"

// What operators do where a library has less than it might: on the host alone, whose libraries can be told so.

using namespace forerun;

namespace {

/// While it lives.
struct Refuse {
  explicit Refuse(bool cuda_on_host::Refusals::*what) { cuda_on_host::refusals.*what = true; }
  ~Refuse() { cuda_on_host::refusals = {}; }
  Refuse(const Refuse&) = delete;
  Refuse& operator=(const Refuse&) = delete;
};

}  // namespace

TEST_CASE("dense operators add biases themselves where no product does") {
  const Refuse no_epilogues(&cuda_on_host::Refusals::epilogues);
  compare_all({layer(LayerKind::dense, {16, 1, 1}, 8), infer_shape({.channels = 24, .width = 9}, {.outputs = 31})}, {1, 40});
}

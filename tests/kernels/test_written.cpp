#include <array>
#include <catch2/catch.hpp>

#include "core/error.hpp"
#include "kernels/cpu/best_library.hpp"
#include "kernels/reference/reference.hpp"
#include "layer_data.hpp"
#include "workloads/formulas.hpp"
#include "workloads/load.hpp"

using namespace forerun;
using cpu::Library;

namespace {

constexpr std::array kLibraries = {Library::eigen, Library::onednn};

}  // namespace

TEST_CASE("a kernel that no layer has is refused") {
  const LayerShape relu = layer(LayerKind::relu, {8, 1, 1}), dense = layer(LayerKind::dense, {8, 1, 1}, 4);
  for (const Library library : kLibraries) {
    CHECK_THROWS_AS(cpu::make_operator({relu, Pass::update, 1, {}}, library), MissingCapability);
    CHECK_THROWS_AS(cpu::make_operator({relu, Pass::backward_weights, 1, {}}, library), MissingCapability);
  }
  CHECK_THROWS_AS(cpu::make_operator({dense, Pass::update, 1, {}}, Library::onednn), MissingCapability);
  CHECK_THROWS_AS(run_reference({relu, Pass::update, 1, {}}, {}), MissingCapability);
}

TEST_CASE("a precision, an optimizer or a window that nobody has written is refused") {
  const LayerShape dense = layer(LayerKind::dense, {8, 1, 1}, 4);
  LayerShape wide = layer(LayerKind::conv2d, {2, 8, 8}, 4, 3, 1, 1);
  for (const Library library : kLibraries) {
    CHECK(cpu::offers(library, {dense, Pass::forward, 1, {}}));
    CHECK_FALSE(cpu::offers(library, {dense, Pass::forward, 1, {}, Precision::bf16}));
    CHECK_THROWS_WITH(cpu::make_operator({dense, Pass::forward, 1, {}, Precision::bf16}, library),
                      std::string(to_string(library)) + " has no forward of dense in bf16");
    CHECK(cpu::offers(library, {wide, Pass::forward, 1, {}}));
  }
  CHECK_FALSE(cpu::offers(Library::eigen, {dense, Pass::update, 1, {}, Precision::fp32, Optimizer::lbfgs}));
  const auto refused = [&](auto change) {
    LayerShape changed = wide;
    change(changed);
    return !cpu::offers(Library::eigen, {changed, Pass::forward, 1, {}}) && !cpu::offers(Library::onednn, {changed, Pass::forward, 1, {}});
  };
  CHECK(refused([](LayerShape& shape) { shape.window = {3, 3, 2}; }));
  CHECK(refused([](LayerShape& shape) { shape.input.depth = 2; }));
  CHECK(refused([](LayerShape& shape) { shape.output.width = 6; }));  // as with a dilation of two
  LayerShape sparse = embedding(9, 4, 3), written = attention(3, {.keys = 3, .method = AttentionMethod::fused});
  sparse.sparse = true;
  CHECK_FALSE(cpu::offers(Library::eigen, {sparse, Pass::forward, 1, {}}));
  CHECK_FALSE(cpu::offers(Library::eigen, {written, Pass::forward, 1, {}}));
  LayerShape experts = dense;
  experts.experts = 4;
  CHECK_FALSE(cpu::offers(Library::eigen, {experts, Pass::forward, 1, {}}));
}

TEST_CASE("a causal attention of fewer keys than queries is refused") {
  const Kernel kernel{attention(4, {.keys = 3}), Pass::forward, 1, {}};
  CHECK_THROWS_AS(cpu::make_operator(kernel, Library::eigen), MissingCapability);
  CHECK_NOTHROW(cpu::make_operator(kernel, Library::eigen, {.mask = AttentionMask::none}));
}

TEST_CASE("every kernel of ResNet-18, ResNet-50, MobileNet v2, VGG-16 and GPT-2 is written") {
  for (const std::string_view name : {"resnet18", "resnet50", "mobilenet-v2", "vgg16", "gpt2"}) {
    const Workload workload = load_workload({std::string(name)}, {});
    const std::vector<Passes> all = passes(workload);
    for (std::size_t i = 0; i < workload.layers.size(); ++i)
      for (const Pass pass : all[i]) {
        const Kernel kernel{workload.layers[i].shape, pass, 2, {}, Precision::fp32, workload.optimizer};
        INFO(name << ' ' << workload.layers[i].name << ' ' << to_string(pass));
        CHECK(cpu::offers(cpu::best_library(kernel), kernel));
      }
  }
}

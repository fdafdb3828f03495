#include "workloads/catalogue.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "workloads/load.hpp"
#include "workloads/shape_text.hpp"

namespace forerun {
namespace {

KnownWorkload find(const std::string& name) {
  for (const KnownWorkload& known : catalogue())
    if (known.name == name) return known;
  return {};
}

std::string value(const LoadedWorkload& loaded, const std::string& key) {
  const auto found = std::ranges::find(loaded.parameters, key, &FamilyParameter::key);
  return found == loaded.parameters.end() ? "none" : found->value;
}

}  // namespace

TEST_CASE("every name of the zoo says what it is", "[unit]") {
  CHECK(catalogue().size() == known_workloads().size());
  for (const KnownWorkload& known : catalogue()) {
    CAPTURE(known.name, known.what);
    CHECK(known.what.size() > 2);
    CHECK(known.what.find("Text::") == std::string::npos);
    CHECK_FALSE(known.what.ends_with(" sec"));
    CHECK_FALSE(known.what.ends_with(" al"));
  }
}

TEST_CASE("models name their family, and how their file's comment begins", "[unit]") {
  CHECK(find("gpt2").family == "gpt");
  CHECK(find("gpt2").what == "GPT-2 small");
  CHECK(find("gpt").is_family());
  CHECK(find("mlp").family.empty());
  CHECK(find("mlp").what == "A perceptron with one hidden layer on MNIST's pixels");
}

TEST_CASE("a loaded workload says its family's parameters, given or not", "[unit]") {
  const LoadedWorkload gpt = load_described({"gpt2", "--workload", 0, 0, ""}, std::vector{Text{"6", "--set", 0, 0, "layers"}});
  CHECK(gpt.family == "gpt");
  CHECK(value(gpt, "layers") == "6");
  CHECK(value(gpt, "hidden") == "768");
  CHECK(value(gpt, "feed-forward") == "3072");
  CHECK(value(gpt, "dropout") == "true");
  CHECK(value(gpt, "speed") == "none");
  const LoadedWorkload mlp = load_described({"mlp", "--workload", 0, 0, ""}, {});
  CHECK(mlp.family.empty());
  CHECK(mlp.parameters.empty());
}

TEST_CASE("a family's parameters as shown build the same network again", "[unit]") {
  for (const KnownWorkload& known : catalogue()) {
    if (known.family.empty()) continue;
    CAPTURE(known.name);
    const LoadedWorkload loaded = load_described({known.name, "--workload", 0, 0, ""}, {});
    std::vector<Text> settings;
    for (const auto& [key, shown] : loaded.parameters)
      if (!shown.empty()) settings.push_back({shown, "--set", 0, 0, key});
    CHECK(load_workload({known.family, "--workload", 0, 0, ""}, settings).layers == loaded.workload.layers);
  }
}

TEST_CASE("shapes are written with the channels last, and without what is one", "[unit]") {
  CHECK(shape_text({.channels = 10}) == "10");
  CHECK(shape_text({.channels = 3, .height = 224, .width = 200}) == "224x200x3");
  CHECK(shape_text({.channels = 768, .width = 1024}) == "1024x768");
  CHECK(shape_text({.channels = 4, .height = 8, .width = 8, .depth = 16}) == "16x8x8x4");
}

TEST_CASE("windows are written short where they are square", "[unit]") {
  LayerShape conv{.kind = LayerKind::conv2d, .window = 3, .stride = 2, .padding = 1};
  CHECK(window_text(conv) == "3/2+1");
  conv.window = {1, 7};
  conv.padding = {0, 3};
  CHECK(window_text(conv) == "1x7/2+0x3");
  CHECK(window_text({.kind = LayerKind::conv3d, .input = {1, 9, 9, 9}, .window = {3, 3, 3}, .stride = {1, 1, 2}}) == "3/2x1x1+0");
  CHECK(window_text({.kind = LayerKind::dense}) == "-");
}

}  // namespace forerun

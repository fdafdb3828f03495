#include "workloads/graph/dot.hpp"

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/graphviz.hpp>
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "tests/workloads/graph/networks.hpp"
#include "workloads/graph/order.hpp"
#include "workloads/load.hpp"

namespace forerun {
namespace {

struct Drawn {
  std::string node;
  std::string label;
};

using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, Drawn>;

/// As Boost's own reader of the language understands it.
Graph read(const std::string& text) {
  Graph graph;
  boost::dynamic_properties properties(boost::ignore_other_properties);
  properties.property("node_id", boost::get(&Drawn::node, graph));
  properties.property("label", boost::get(&Drawn::label, graph));
  REQUIRE(boost::read_graphviz(text, graph, properties, "node_id"));
  return graph;
}

Workload model(const std::string& name) { return load_workload({name, "--workload", 0, 0, ""}, {}); }

}  // namespace

TEST_CASE("a network's picture names its layers and what reads what", "[golden]") {
  Workload workload{.name = "two", .layers = {{"first", dense(8, 4), {kData}}, {"loss", loss(4), {0}}}};
  workload.layers[1].block = 0;
  const std::string text = dot_text(workload, fold(workload));
  CHECK(text.find("digraph \"two\" {\n") == 0);
  CHECK(text.substr(text.find("  layer_0 [")) == R"(  layer_0 [label="first\ndense  4", fillcolor="#cfe2f3"];
  subgraph cluster_1 {
    label="block";
    layer_1 [label="loss\nsoftmax-cross-entropy  4", fillcolor="#f4cccc"];
  }
  layer_0 -> layer_1;
}
)");
}

TEST_CASE("an unfolded picture has every layer and every edge, as Boost reads it", "[unit]") {
  for (const std::string name : {"gpt2", "mnist-cnn", "resnet18"}) {
    CAPTURE(name);
    const Workload workload = model(name);
    const Graph graph = read(dot_text(workload, unfold(workload)));
    CHECK(boost::num_vertices(graph) == workload.layers.size());
    std::set<std::pair<int, int>> distinct;
    for (const auto& [from, to] : edges(workload)) distinct.insert({from, to});
    CHECK(boost::num_edges(graph) == distinct.size());
  }
}

TEST_CASE("a folded picture has a block once, with how often it stands", "[unit]") {
  const Workload gpt = model("gpt2");
  const std::vector<Fold> folds = fold(gpt);
  const std::string text = dot_text(gpt, folds);
  CHECK(text.find("label=\"block x 12\"") != std::string::npos);
  const Graph graph = read(text);
  CHECK(static_cast<int>(boost::num_vertices(graph)) == folds[0].count + folds[1].count + folds[2].count);
  // What comes after the blocks reads the last of them, which the first stands for.
  const int last = folds[1].first + folds[1].count - 1;
  const int after = folds[2].first;
  CHECK(text.find("layer_" + std::to_string(last) + " -> layer_" + std::to_string(after)) != std::string::npos);
}

TEST_CASE("a picture's columns are no longer than a page", "[unit]") {
  const Workload gpt = model("gpt2");
  // Edges that leave their column do not pull what they reach below them.
  const std::string text = dot_text(gpt, fold(gpt));
  CHECK(text.find("[constraint=false") != std::string::npos);
  const Workload small{.layers = {node({kData}), node({0}), node({1})}};
  CHECK(dot_text(small, fold(small)).find("constraint") == std::string::npos);
  Workload chain;
  for (int i = 0; i < 40; ++i) chain.layers.push_back(node({i - 1}));
  const std::string folded = dot_text(chain, fold(chain));
  CHECK(folded.find("layer_13 -> layer_14 [constraint=false") != std::string::npos);
  CHECK(folded.find("layer_27 -> layer_28 [constraint=false") != std::string::npos);
  CHECK(folded.find("layer_12 -> layer_13;") != std::string::npos);
}

TEST_CASE("a name stands in a picture as it is, whatever it holds", "[unit]") {
  CHECK(dot_quoted("plain") == "\"plain\"");
  CHECK(dot_quoted("a\"b\\c\nd") == "\"a\\\"b\\\\c d\"");
  Workload workload{.name = "odd \"name\"", .layers = {{"x\"]; y -> z; \\", dense(8, 4), {kData}}, {"loss", loss(4), {0}}}};
  const Graph graph = read(dot_text(workload, fold(workload)));
  CHECK(boost::num_vertices(graph) == 2);
  CHECK(boost::num_edges(graph) == 1);
  CHECK(graph[0].label.find("x\"]; y -> z; ") == 0);
}

}  // namespace forerun

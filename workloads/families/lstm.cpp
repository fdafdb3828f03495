#include "workloads/families/family.hpp"
#include "workloads/graph_builder.hpp"

namespace forerun {

/// Word language model of an embedding, a stack of LSTM layers and a dense layer to the vocabulary, with dropout between them [Zaremba et
/// al. 2014, "Recurrent Neural Network Regularization"; PyTorch's examples/word_language_model]. Two biases a layer, as PyTorch has.
Workload build_lstm(const std::string& name, FamilyParameters& parameters) {
  const std::int64_t layers = parameters.integer("layers", 2, 1, 1 << 10);
  const std::int64_t hidden = parameters.integer("hidden", 200);
  const std::int64_t embedding = parameters.integer("embedding", hidden);
  const std::int64_t vocabulary = parameters.integer("vocabulary", 10000, 2);
  const std::int64_t sequence = parameters.integer("sequence", 35);
  const bool tied = parameters.flag("tied-embeddings", false);
  const bool dropout = parameters.flag("dropout", true);
  if (tied && embedding != hidden)
    parameters.refuse("embedding", "is not the hidden size, as tied weights need", "workload.embedding=" + std::to_string(hidden));
  parameters.finish();

  GraphBuilder net(name, {.width = sequence}, parameters.where());
  const auto drop = [&](int from) { return dropout ? net.elementwise("dropout", LayerKind::dropout, from) : from; };
  const int words = net.embedding("embedding", kData, vocabulary, embedding, sequence);
  int x = drop(words);
  for (std::int64_t i = 0; i < layers; ++i) {
    net.begin_block("layer");
    x = drop(net.lstm("lstm", x, hidden));
    net.end_block();
  }
  const int scores = tied ? net.tied_dense("head", x, words, Bias::present) : net.dense("head", x, vocabulary);
  net.loss("loss", LayerKind::softmax_cross_entropy, scores);
  net.workload().tokens_per_sample = sequence;
  net.workload().optimizer = Optimizer::sgd;
  return std::move(net).take();
}

}  // namespace forerun

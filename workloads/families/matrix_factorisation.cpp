#include "workloads/families/family.hpp"
#include "workloads/graph_builder.hpp"

namespace forerun {

/// A rating is the dot product of a user's and an item's vector, and with biases their offsets beside it; learnt by gradient descent on
/// the ratings that exist [Koren et al. 2009, "Matrix Factorization Techniques for Recommender Systems"]. The mean is no parameter.
Workload build_matrix_factorisation(const std::string& name, FamilyParameters& parameters) {
  const std::int64_t users = parameters.integer("users", 138'493);
  const std::int64_t items = parameters.integer("items", 26'744);
  const std::int64_t rank = parameters.integer("rank", 64);
  const bool biases = parameters.flag("biases", false);
  const bool sparse = parameters.flag("sparse", true);
  parameters.finish();

  GraphBuilder net(name, {.channels = 2}, parameters.where());
  const auto table = [&](std::string_view what, std::int64_t rows, std::int64_t channels) {
    return net.embedding(what, kData, rows, channels, 1, sparse);
  };
  const int user = table("user", users, rank);
  const int item = table("item", items, rank);
  int rating = net.layer("rating", {.kind = LayerKind::product, .input = {.channels = rank}, .output = {}, .rows = rank}, {user, item});
  if (biases) {
    const int user_bias = table("user-bias", users, 1);
    rating = net.join("sum", LayerKind::add, {rating, user_bias, table("item-bias", items, 1)});
  }
  net.loss("loss", LayerKind::squared_error, rating);
  net.workload().optimizer = Optimizer::sgd;
  return std::move(net).take();
}

}  // namespace forerun

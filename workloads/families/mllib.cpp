#include "workloads/families/family.hpp"
#include "workloads/graph_builder.hpp"

/// The iterative jobs of Spark MLlib. A step is one iteration of the driver, which passes over all rows: the batch is the data set.
/// Their inner loops as in the sources of Spark 3.5, mllib/src/main/scala/org/apache/spark/: BLAS calls in double precision, blocks of
/// rows.
namespace forerun {

namespace {

constexpr std::int64_t kMostRows = std::int64_t{1} << 40;

/// Every step reads all rows, in double precision.
Workload pass_over(GraphBuilder&& net, std::int64_t rows, Optimizer optimizer) {
  Workload workload = std::move(net).take();
  workload.batch = workload.samples = rows;
  workload.precision = Precision::fp64;
  workload.optimizer = optimizer;
  return workload;
}

std::int64_t share(std::int64_t all, std::int64_t blocks) { return (all + blocks - 1) / blocks; }

}  // namespace

/// ml/classification/LogisticRegression.scala: a product of each block of rows with the coefficients and one back (gemv for two classes,
/// gemm for more: ml/optim/aggregator/*LogisticBlockAggregator.scala), L-BFGS with 10 pairs on the driver. One evaluation an iteration:
/// neglects those that a line search repeats.
Workload build_mllib_logistic_regression(const std::string& name, FamilyParameters& parameters) {
  const std::int64_t rows = parameters.integer("rows", 1'000'000, 1, kMostRows);
  const std::int64_t features = parameters.integer("features", 100);
  const std::int64_t classes = parameters.integer("classes", 2, 2);
  const Bias intercept = parameters.flag("intercept", true) ? Bias::present : Bias::none;
  parameters.finish();
  GraphBuilder net(name, {.channels = features}, parameters.where());
  const int margins = net.dense("coefficients", kData, classes == 2 ? 1 : classes, intercept);
  net.loss("loss", classes == 2 ? LayerKind::binary_cross_entropy : LayerKind::softmax_cross_entropy, margins);
  return pass_over(std::move(net), rows, Optimizer::lbfgs);
}

/// ml/regression/LinearRegression.scala with solver `l-bfgs`, which `auto` chooses above 4096 features: gemv forward and back
/// (ml/optim/aggregator/LeastSquaresBlockAggregator.scala). The solver `normal` makes a single pass and does not iterate.
Workload build_mllib_linear_regression(const std::string& name, FamilyParameters& parameters) {
  const std::int64_t rows = parameters.integer("rows", 1'000'000, 1, kMostRows);
  const std::int64_t features = parameters.integer("features", 100);
  const Bias intercept = parameters.flag("intercept", true) ? Bias::present : Bias::none;
  parameters.finish();
  GraphBuilder net(name, {.channels = features}, parameters.where());
  net.loss("loss", LayerKind::squared_error, net.dense("coefficients", kData, 1, intercept));
  return pass_over(std::move(net), rows, Optimizer::lbfgs);
}

/// mllib/clustering/KMeans.scala, Lloyd's iteration: a dot product with each center (DistanceMeasure.scala, fastSquaredDistance), and
/// the row added to the nearest one's sum. Counts the centers that bounds rule out without a product.
Workload build_mllib_k_means(const std::string& name, FamilyParameters& parameters) {
  const std::int64_t rows = parameters.integer("rows", 1'000'000, 1, kMostRows);
  const std::int64_t features = parameters.integer("features", 100);
  const std::int64_t clusters = parameters.integer("clusters", 10, 2);
  parameters.finish();
  GraphBuilder net(name, {.channels = features}, parameters.where());
  net.layer("centers", {.kind = LayerKind::nearest_center, .input = {.channels = features}, .output = {}, .rows = clusters}, {kData});
  return pass_over(std::move(net), rows, Optimizer::sgd);
}

/// ml/recommendation/ALS.scala, explicit ratings: each rating adds the other side's factor to its row's normal equation (dspr, daxpy), each
/// row's is solved by Cholesky (dppsv); first items, then users. A sample is one block of users and one of items; ratings are spread
/// evenly over blocks, and held once by user and once by item. Factors are single precision, equations double.
Workload build_mllib_als(const std::string& name, FamilyParameters& parameters) {
  const std::int64_t users = parameters.integer("users", 138'493);
  const std::int64_t items = parameters.integer("items", 26'744);
  const std::int64_t ratings = parameters.integer("ratings", 20'000'263, 1, kMostRows);
  const std::int64_t rank = parameters.integer("rank", 10);
  const std::int64_t blocks = parameters.integer("blocks", 10);
  if (blocks > users || blocks > items)
    parameters.refuse("blocks", "are more than users or items", "at most " + std::to_string(std::min(users, items)));
  parameters.finish();
  const TensorShape block{.channels = 2, .width = share(ratings, blocks)};  // index and rating
  GraphBuilder net(name, {.channels = 2, .width = 2 * block.width}, parameters.where());
  const auto factors = [&](std::string_view what, std::int64_t rows, std::vector<int> from) {
    return net.layer(what,
                     {.kind = LayerKind::least_squares,
                      .input = block,
                      .output = {.channels = rank, .width = share(rows, blocks)},
                      .bias = false,
                      .groups = blocks,
                      .rows = rows},
                     std::move(from));
  };
  const int item_factors = factors("item-factors", items, {kData});
  factors("user-factors", users, {kData, item_factors});
  Workload workload = pass_over(std::move(net), blocks, Optimizer::sgd);
  workload.precision = Precision::fp32;
  return workload;
}

}  // namespace forerun

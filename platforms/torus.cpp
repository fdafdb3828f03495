#include "io/format.hpp"
#include "platforms/fabric.hpp"

// A fabric's links and routes where it is a torus: of each router, of each dimension, one link upwards and one downwards.
namespace forerun {

void Fabric::lay_torus() {
  switches_ = nodes_;
  links_ += 2 * std::int64_t{nodes_} * topology_.levels();
}

void Fabric::walk_grid(int from, int to, std::vector<std::int64_t>& links) const {
  const int dimensions = topology_.levels();
  std::int64_t at = from;
  std::int64_t stride = 1;  // from a router to the next one of the dimension
  for (int d = 0; d < dimensions; ++d) {
    const int size = topology_.shape[d];
    const auto start = static_cast<int>(from / stride % size);
    const int ahead = (static_cast<int>(to / stride % size) - start + size) % size;
    const bool upwards = 2 * ahead < size || (2 * ahead == size && start % 2 == 0);
    int coordinate = start;
    for (int left = upwards ? ahead : size - ahead; ahead > 0 && left > 0; --left) {
      links.push_back(first_inner() + 2 * (at * dimensions + d) + (upwards ? 0 : 1));
      const int next = (coordinate + (upwards ? 1 : size - 1)) % size;
      at += (next - coordinate) * stride;
      coordinate = next;
    }
    stride *= size;
  }
}

void Fabric::describe_grid_link(Link& link, std::int64_t place) const {
  const int dimensions = topology_.levels();
  const auto dimension = static_cast<int>(place / 2 % dimensions);
  const std::int64_t router = place / 2 / dimensions;
  const bool upwards = place % 2 == 0;
  std::int64_t stride = 1;
  for (int d = 0; d < dimension; ++d) stride *= topology_.shape[d];
  const std::int64_t size = topology_.shape[dimension];
  const std::int64_t coordinate = router / stride % size;
  const std::int64_t next = (coordinate + (upwards ? 1 : size - 1)) % size;
  link.level = 1;
  link.name = forerun::format("router {} dimension {} {}", router, dimension, upwards ? "up" : "down");
  link.from = nodes_ + router;
  link.to = nodes_ + router + (next - coordinate) * stride;
}

}  // namespace forerun

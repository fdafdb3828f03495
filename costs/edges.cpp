#include <algorithm>
#include <bit>
#include <cstdlib>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "costs/collectives.hpp"
#include "platforms/fabric.hpp"

// Who sends to whom in a phase, and what that puts on links.
namespace forerun {

namespace {

using Pattern = Phase::Pattern;

int largest_power(int ranks) { return static_cast<int>(std::bit_floor(static_cast<unsigned>(ranks))); }

// The parent of node x of 1..count in an in-order binary tree, whose leaves are the odd ones; 0 for the root.
int parent_in_order(int x, int count) {
  const int bit = x & -x;
  const int above = (x ^ bit) | (2 * bit);
  return above <= count ? above : x ^ bit;
}

class EdgeWriter {
 public:
  EdgeWriter(const Phase& phase, const Communicator& communicator, int group, const Platform& platform, std::vector<Edge>& edges)
      : phase_(phase), communicator_(communicator), group_(group), platform_(platform), edges_(edges), size_(communicator.size) {}

  void write() {
    switch (phase_.pattern) {
      case Pattern::ring:
      case Pattern::chain: write_ring(); break;
      case Pattern::exchange: write_exchange(); break;
      case Pattern::fold:
      case Pattern::unfold: write_fold(); break;
      case Pattern::scatter: write_scatter(); break;
      case Pattern::node_ring: write_node_rings(); break;
      case Pattern::rail_ring:
        for (int i = 0; i < size_; ++i) add(i, (i + phase_.distance) % size_);
        break;
      case Pattern::tree:
      case Pattern::broadcast_tree: write_tree(); break;
      case Pattern::fan_out:
        for (int i = 1; i < size_; ++i) add(0, i);
        break;
      case Pattern::fan_in:
        for (int i = 1; i < size_; ++i) add(i, 0);
        break;
      case Pattern::pairs: write_pairs(); break;
    }
  }

 private:
  void add(int from, int to, int weight = 1, int tree = 0, bool up = false) {
    edges_.push_back({communicator_.rank(group_, from), communicator_.rank(group_, to), weight, tree, up});
  }

  void write_ring() {
    for (int i = 0; i + 1 < size_; ++i) add(i, i + 1);
    if (phase_.pattern == Pattern::ring) add(size_ - 1, 0);
  }

  void write_exchange() {
    const int power = largest_power(size_);
    const int folded = size_ - power;
    const auto member = [folded](int survivor) { return survivor < folded ? 2 * survivor : survivor + folded; };
    for (int v = 0; v < power; ++v) add(member(v), member(v ^ phase_.distance));
  }

  void write_fold() {
    const int folded = size_ - largest_power(size_);
    for (int j = 0; j < folded; ++j) {
      if (phase_.pattern == Pattern::fold)
        add(2 * j + 1, 2 * j);
      else
        add(2 * j, 2 * j + 1);
    }
  }

  void write_scatter() {
    for (int v = 0; v + phase_.distance < size_; v += 2 * phase_.distance) add(v, v + phase_.distance);
  }

  void write_node_rings() {
    const int d = phase_.distance;
    for (int i = 0; i < size_; ++i) add(i, i % d + 1 < d ? i + 1 : i + 1 - d);
  }

  [[nodiscard]] bool starts_node(int member) const {
    return member == 0 ||
           node_of(platform_, communicator_.rank(group_, member)) != node_of(platform_, communicator_.rank(group_, member - 1));
  }

  // Half a buffer over each edge of either tree, the whole along the chains.
  void write_tree() {
    const bool up = phase_.pattern == Pattern::tree;
    std::vector<int> leaders;
    for (int i = 0; i < size_; ++i) {
      if (starts_node(i)) {
        leaders.push_back(i);
      } else {
        add(i - 1, i, 2);
        if (up) add(i, i - 1, 2, 0, true);
      }
    }
    // A broadcast's root stands above both trees.
    const int first = up ? 0 : 1;
    const int count = static_cast<int>(leaders.size()) - first;
    for (int shift = 0; shift < 2; ++shift)
      for (int x = 1; x <= count; ++x) write_branch(leaders, first, x, shift, count);
  }

  // The second tree is the first one shifted by one, so that the leaves of either are the inner nodes of the other.
  void write_branch(const std::vector<int>& leaders, int first, int x, int shift, int count) {
    const int above = parent_in_order(x, count);
    const auto leader = [&](int place) { return leaders[first + (place - 1 + shift) % count]; };
    const bool up = first == 0;
    if (above == 0) {
      if (!up) add(leaders[0], leader(x), 1, shift + 1);
      return;
    }
    add(leader(above), leader(x), 1, shift + 1);
    if (up) add(leader(x), leader(above), 1, shift + 1, true);
  }

  // Members take turns in sending for their node, so that none starts more flows than it must.
  void write_pairs() {
    std::vector<int> firsts;
    for (int i = 0; i < size_; ++i)
      if (starts_node(i)) firsts.push_back(i);
    const int nodes = static_cast<int>(firsts.size());
    firsts.push_back(size_);
    const auto members = [&](int node) { return firsts[node + 1] - firsts[node]; };
    for (int a = 0; a < nodes; ++a) {
      for (int i = 0; i < members(a) && members(a) > 1; ++i) add(firsts[a] + i, firsts[a] + (i + 1) % members(a), members(a) - 1);
      for (int b = 0; b < nodes; ++b)
        if (a != b) add(firsts[a] + b % members(a), firsts[b] + a % members(b), members(a) * members(b));
    }
  }

  const Phase& phase_;
  const Communicator& communicator_;
  int group_;
  const Platform& platform_;
  std::vector<Edge>& edges_;
  int size_;
};

// What edges between nodes put on the link that takes longest with it, in edges over a node's link.
double busiest_link(const std::vector<Edge>& edges, const Platform& platform) {
  const Fabric fabric(platform);
  std::unordered_map<std::int64_t, double> loads;
  std::vector<std::int64_t> route;
  for (const Edge& edge : edges) {
    const int from = node_of(platform, edge.from);
    const int to = node_of(platform, edge.to);
    if (from == to) continue;
    route.clear();
    fabric.route(platform.place_of(from), platform.place_of(to), route);
    for (const std::int64_t link : route) {
      double& load = loads[link];
      load = fabric.shared(link) ? load + edge.weight : std::max(load, static_cast<double>(edge.weight));
    }
  }
  double most = 0;
  for (const auto& [link, load] : loads) most = std::max(most, load / fabric.speed(link));
  return most;
}

bool is_local(Pattern pattern) {
  return pattern == Pattern::ring || pattern == Pattern::chain || pattern == Pattern::tree || pattern == Pattern::broadcast_tree;
}

// Where groups lie unevenly their places in nodes still repeat: as few members, groups and blocks as show every place that there is, and
// the seams between them. Those left out are whole periods, so that what stays lies as it did.
Communicator shortened(const Communicator& whole, Pattern pattern, const Platform& platform) {
  constexpr int kPeriods = 3;
  constexpr int kLeastMembers = 32;
  const int devices = platform.devices_per_node;
  Communicator part;
  part.size = whole.size;
  part.first = whole.first;
  part.member_stride = whole.member_stride;
  part.inner = whole.inner;
  part.inner_stride = whole.inner_stride;
  part.outer_stride = whole.outer_stride;
  int blocks = whole.groups / whole.inner;
  // How many of `count` to leave out, `step` ranks apart.
  const auto spare = [devices](int count, int step, int least) {
    const int period = devices / std::gcd(step, devices);
    return std::max(0, (count - std::max(least, kPeriods * period)) / period * period);
  };
  const int stride = std::abs(whole.member_stride);
  const int span = stride * whole.size;
  const bool one_by_one = whole.inner == 1 || whole.inner_stride >= span - stride + 1;
  const bool blocks_apart = blocks == 1 || whole.outer_stride >= std::max(span, (whole.inner - 1) * whole.inner_stride + 1);
  if (is_local(pattern) && blocks_apart) {
    const int members = spare(whole.size, stride, kLeastMembers);
    part.size -= members;
    if (one_by_one && whole.inner > 1) part.inner_stride -= members * stride;
    part.outer_stride -= members * stride * (one_by_one ? whole.inner : 1);
  }
  if (one_by_one && blocks_apart) {
    const int groups = spare(whole.inner, part.inner_stride, 0);
    part.inner -= groups;
    part.outer_stride -= groups * part.inner_stride;
  }
  if (blocks > 1 && blocks_apart && part.outer_stride > 0) blocks -= spare(blocks, part.outer_stride, 0);
  part.groups = part.inner * blocks;
  return part;
}

int tree_load(Pattern pattern, int nodes) {
  if (nodes < 2) return 0;
  if (pattern == Pattern::broadcast_tree) return 2;
  return std::min(nodes, 4);
}

}  // namespace

void edges_of(const Phase& phase, const Communicator& communicator, int group, const Platform& platform, std::vector<Edge>& edges) {
  EdgeWriter(phase, communicator, group, platform, edges).write();
}

PhaseLoad count_load(const Phase& phase, const Communicator& communicator, const Platform& platform) {
  int ranks = 0;
  for (int group = 0; group < communicator.groups; ++group)
    ranks = std::max({ranks, communicator.rank(group, 0) + 1, communicator.rank(group, communicator.size - 1) + 1});
  for (const int member : communicator.members) ranks = std::max(ranks, member + 1);
  std::vector<std::pair<int, int>> inside(ranks);
  std::vector<std::pair<int, int>> between(node_of(platform, ranks - 1) + 1);
  std::vector<Edge> edges;
  for (int group = 0; group < communicator.groups; ++group) edges_of(phase, communicator, group, platform, edges);
  for (const Edge& edge : edges) {
    const int from = node_of(platform, edge.from);
    const int to = node_of(platform, edge.to);
    (from == to ? inside[edge.from] : between[from]).first += edge.weight;
    (from == to ? inside[edge.to] : between[to]).second += edge.weight;
  }
  PhaseLoad load;
  for (const auto& [out, in] : inside) load.inside = std::max({load.inside, out, in});
  for (const auto& [out, in] : between) load.between = std::max({load.between, static_cast<double>(out), in / platform.ingress_speed()});
  if (load.between > 0 && platform.topology.kind != Topology::Kind::star) load.between = busiest_link(edges, platform);
  return load;
}

PhaseLoad load_of(const Phase& phase, const Communicator& communicator, const Placement& placement, const Platform& platform) {
  if (platform.topology.kind != Topology::Kind::star) return count_load(phase, communicator, platform);
  const int d = placement.per_node;
  const int m = placement.nodes;
  const auto shared = [&placement](int edges) { return static_cast<double>(edges) * placement.sharing; };
  if (!placement.regular && communicator.members.empty())
    return count_load(phase, shortened(communicator, phase.pattern, platform), platform);
  switch (phase.pattern) {
    case Pattern::ring:
    case Pattern::chain: return {d > 1 ? 1 : 0, m > 1 ? shared(1) : 0};
    case Pattern::exchange:
      if (!std::has_single_bit(static_cast<unsigned>(placement.ranks))) break;
      return phase.distance < d ? PhaseLoad{1, 0} : PhaseLoad{0, shared(d)};
    case Pattern::node_ring: return {d > 1 ? 1 : 0, 0};
    case Pattern::rail_ring: return {0, shared(d)};
    case Pattern::tree: return {d > 2 ? 4 : 2 * (d - 1), shared(tree_load(phase.pattern, m))};
    case Pattern::broadcast_tree: return {d > 1 ? 2 : 0, shared(tree_load(phase.pattern, m))};
    case Pattern::fold:
    case Pattern::unfold:
    case Pattern::scatter: break;
    case Pattern::fan_out:
    case Pattern::fan_in:
    case Pattern::pairs: return count_load(phase, communicator, platform);
  }
  if (m == 1) return {1, 0};
  if (d == 1) return {0, shared(1)};
  return count_load(phase, communicator, platform);
}

}  // namespace forerun

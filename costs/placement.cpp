#include "costs/placement.hpp"

#include <algorithm>
#include <cstdlib>

namespace forerun {

namespace {

constexpr int ceil_divide(int a, int b) { return (a + b - 1) / b; }

Placement count_ranks(const Communicator& communicator, const Platform& platform) {
  Placement placement{communicator.size, 1, 1, 1, false};
  int here = 1;
  for (int member = 1; member < communicator.size; ++member) {
    const bool stays = node_of(platform, communicator.rank(0, member)) == node_of(platform, communicator.rank(0, member - 1));
    here = stays ? here + 1 : 1;
    if (!stays) ++placement.nodes;
    placement.per_node = std::max(placement.per_node, here);
  }
  return placement;
}

// The first group's place in its first node.
struct FirstNode {
  int lowest = 0;  ///< device of its first rank
  int ranks = 1;   ///< of the group in this node
  int room = 0;    ///< devices from its last rank there, that one included, to the next rank of the group or the end of the node
};

FirstNode first_node(const Communicator& communicator, int devices, int stride) {
  FirstNode node;
  node.lowest = std::min(communicator.rank(0, 0), communicator.rank(0, communicator.size - 1)) % devices;
  node.ranks = stride >= devices ? 1 : std::min(communicator.size, ceil_divide(devices - node.lowest, stride));
  node.room = std::min(stride, devices - node.lowest - (node.ranks - 1) * stride);
  return node;
}

// Groups in one node behave as one group does there, whichever of them is looked at: `shift` apart, `count` of them, from `lowest` on.
bool fit_one_node(int lowest, int extent, int shift, int count, int devices) {
  const bool side_by_side = shift >= extent && devices % shift == 0 && lowest % shift + extent <= shift;
  return count == 1 || shift % devices == 0 || side_by_side || lowest + (count - 1) * shift + extent <= devices;
}

}  // namespace

Placement place(const Communicator& communicator, const Platform& platform) {
  const int size = communicator.size;
  if (size < 2) return {};
  const int devices = platform.devices_per_node;
  const int stride = std::abs(communicator.member_stride);
  const int shift = communicator.inner_stride;
  const int inner = communicator.inner;
  const int blocks = communicator.groups / inner;
  const FirstNode first = first_node(communicator, devices, stride);
  if (first.ranks == size) {
    const int extent = (size - 1) * stride + 1;
    if (fit_one_node(first.lowest, extent, shift, inner, devices) &&
        fit_one_node(first.lowest, inner == 1 ? extent : (inner - 1) * shift + extent, communicator.outer_stride, blocks, devices))
      return {size, 1, size, 1, true};
    return count_ranks(communicator, platform);
  }
  // Groups over halves of two nodes each: the next ones must keep clear of both.
  const bool halves = 2 * first.ranks == size && stride < devices;
  const int clear = halves ? 2 * devices : devices;
  const bool apart = inner == 1 || shift % clear == 0;
  const int beside = apart ? 1 : std::min(inner, ceil_divide(first.room, shift));
  const bool together = beside == inner;
  const int reach = first.lowest + (size - 1) * stride + (apart ? 0 : (inner - 1) * shift);
  const bool whole_nodes = stride < devices && devices % stride == 0 && first.ranks == devices / stride && size % first.ranks == 0;
  const bool one_each = stride % devices == 0 && (apart || together || (first.lowest == 0 && devices % shift == 0));
  const bool shaped = one_each || ((whole_nodes || (halves && reach < 2 * devices)) && (apart || together));
  if (!shaped || (blocks > 1 && communicator.outer_stride % clear != 0)) return count_ranks(communicator, platform);
  return {size, size / first.ranks, first.ranks, beside, true};
}

}  // namespace forerun

#pragma once

#include <cstdint>
#include <vector>

#include "core/strategy.hpp"
#include "core/units.hpp"
#include "core/workload.hpp"

namespace forerun {

/// A variable of a network, or a shard of one, on the parameter server that holds it.
struct ServedVariable {
  int layer = 0;
  int server = 0;
  double elements = 0;  ///< that the server holds
  double moved = 0;     ///< that a worker pulls; of a sparse table the rows that its samples pick
  bool trained = true;  ///< its gradient is pushed

  friend bool operator==(const ServedVariable&, const ServedVariable&) = default;
};

/// How parameter servers share out variables, in the order in which layers make them: the matrix, then the bias; of a batch norm scale,
/// shift and the two moving averages, which take their turns and move nothing (a few channels of traffic are neglected).
///   round-robin   variable i on server i mod n  [TensorFlow, python/training/device_setter.py, the default]
///   by-size       on the server that holds least so far, the lowest of them
///                 [ibid., contrib/training/python/training/device_setter.py, GreedyLoadBalancingStrategy with byte_size_load_fn]
///   partitioned   in min(n, bytes / least) shards, at least one, each in turn
///                 [ibid., python/distribute/sharded_variable.py, MinSizePartitioner with max_shards = n]
/// `samples`: of a worker's batch, which pick rows of sparse tables; `least`: bytes of a shard.
std::vector<ServedVariable> place_variables(const Workload& workload, std::int64_t samples, int servers, VariablePlacement placement,
                                            Bytes least);

}  // namespace forerun

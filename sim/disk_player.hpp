#pragma once

#include <map>
#include <set>
#include <vector>

#include "costs/price.hpp"
#include "sim/folding.hpp"
#include "sim/network.hpp"
#include "sim/play.hpp"

namespace forerun::sim {

/// The disk operations of a plan as flows. A disk, or the server of a file system, is two links in each direction: one of bytes, one of
/// requests; an access is a flow over each, and over once both have ended. Its bytes also cross the link of its connections, as fast as
/// these open files and take their bytes, and, on the way to a file system or an object store, that of the node, which they share with
/// transfers. Where reads and writes have one budget, writes cross the links of reads, as many bytes as reads could have had in their
/// place. An access is known by a place: a number from 0 on of which only one is under way.
class DiskPlayer {
 public:
  DiskPlayer(const StepPlan& plan, const std::vector<OperationCost>& costs, const Platform& platform, const Folding& folding,
             Contention contention, Network& network);

  /// Whether an operation is one that is played.
  [[nodiscard]] bool plays(int operation) const { return plays_[operation] != 0; }
  /// Whether a rank has flows in it; the others have nothing to do.
  [[nodiscard]] bool takes_part(int rank, int operation) const;

  /// Until begin() and finish() of a place, at what date its access ends at the earliest.
  void begin(int place, int rank, int operation, int slot, double start_s);
  /// Starts its flows, of tags -1 - place, now; how many they are.
  int launch(int place);
  /// One of its flows has ended; whether that was the last.
  bool flow_done(int place);
  struct Finished {
    int rank = 0;
    int slot = 0;
  };
  Finished finish(int place);

  /// No access that is under way ends earlier.
  [[nodiscard]] double earliest_s() const;

 private:
  /// The flows of one rank in one operation.
  struct Way {
    StorageWay bytes;
    StorageWay requests;
    Flow of_bytes;
    Flow of_requests;
    double least_s = 0;
  };
  struct Access {
    Way* way = nullptr;
    Finished who;
    int flows = 0;
    double bound_s = 0;
  };

  Way& way_of_rank(int rank, int operation);
  void lay_links(Way& way, int rank, const DiskAccess& access);

  const StepPlan& plan_;
  const std::vector<OperationCost>& costs_;
  const Platform& platform_;
  const Folding& folding_;
  Network& network_;
  std::vector<char> plays_;                   ///< by operation
  std::map<int, std::vector<char>> members_;  ///< by operation, of those that only some ranks do: by rank
  std::map<std::pair<int, int>, Way> ways_;   ///< by rank and operation; flows point to theirs
  std::map<int, Access> under_way_;           ///< by place
  std::multiset<double> bounds_;
};

}  // namespace forerun::sim

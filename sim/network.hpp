#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/platform.hpp"
#include "core/units.hpp"

namespace forerun::sim {

/// Room for rounding between the least duration of a flow that we reckon and the engine's.
inline constexpr double kSlightlyLess = 1 - 1e-9;

/// Who plays on a network. Times are those of the network's clock.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void on_start() = 0;
  virtual void on_time(int token, double date_s) = 0;  ///< a date asked for with call_at has come
  virtual void on_flow_done(int tag) = 0;              ///< a flow has finished
};

/// Where a flow to or from storage goes: over links that were added to the network, and perhaps over one of a node's.
struct StorageWay {
  std::vector<int> links;
  int node_link = -1;  ///< Fabric::up() or down() of a node
};

/// One flow between two ranks: over their own links, or over those of their nodes, even of one and the same.
struct Flow {
  int from = 0;
  int to = 0;
  bool inside = false;  ///< a node
  Bytes bytes;
  Seconds latency;
  int slot = 0;  ///< flows of one slot follow one another; slots are numbered from zero, with few gaps
  int tag = 0;
  const StorageWay* way = nullptr;  ///< in the place of one between ranks; flows of storage have slots of their own
};

/// The flow-level network of a platform: nodes joined by the links of its fabric (platforms/fabric.hpp), ranks of one node by a
/// link each, in each direction. Flows that share a link share it by max-min fairness; a flow of n bytes alone takes latency + n /
/// bandwidth. A node's links are slower in the platform's spells (slow_links). The only door to SimGrid. Its engine is one per process: a
/// Network lives in a forked child, once, until the child ends.
class Network {
 public:
  Network(const Platform& platform, int ranks);
  /// The same links as another job has them, whose platform is another part of one network.
  Network(const Network& beside, const Platform& platform, int ranks);
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  /// Plays until nothing is left to happen. The clock starts at zero each time.
  void run(Listener& listener);

  /// A job on its network.
  struct Job {
    Network* network = nullptr;
    Listener* listener = nullptr;
  };
  /// Starts jobs that share their links, in this order.
  static void start_together(std::span<const Job> jobs);
  /// Plays what they have started up to this date, counted from their start.
  void play_until(double date_s);

  /// Whether a flow between two ranks crosses a described link; where none is described there is nothing to play.
  [[nodiscard]] bool joins(int from, int to) const;
  [[nodiscard]] bool one_node(int from, int to) const;
  /// The most that a flow between two ranks gets: what collectives reach of the links at its ends.
  [[nodiscard]] BytesPerSecond bandwidth(int from, int to) const;
  [[nodiscard]] int ranks() const;
  /// A link outside the fabric: of a disk, of a server. The same one for the same name and bandwidth, of whichever job.
  int add_link(const std::string& name, BytesPerSecond bandwidth);
  /// The engine's own clock, which every run adds to.
  [[nodiscard]] static double clock_s();

  /// Within run():
  [[nodiscard]] double now_s() const;
  void call_at(double date_s, int token);
  void start(const Flow& flow);

 private:
  struct Engine;  ///< SimGrid's, with the links
  struct Part;    ///< of it that the job has
  std::unique_ptr<Part> part_;
};

}  // namespace forerun::sim

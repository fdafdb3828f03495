#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <utility>
#include <vector>

namespace forerun::test {

/// Flows that share links by max-min fairness, worked out plainly: a third opinion beside SimGrid and the closed forms. Nothing is kept
/// from one event to the next but what flows have left.
class MaxMin {
 public:
  static constexpr double kNever = std::numeric_limits<double>::infinity();

  struct Link {
    std::int64_t name;
    double bytes_per_s;
  };
  struct Flow {
    std::vector<Link> route;
    double left_bytes;
    double from_s;  ///< before it the flow takes nothing of its links
    int tag;
    double rate = 0;
  };

  void start(Flow flow) { flows_.push_back(std::move(flow)); }
  [[nodiscard]] double now_s() const { return now_s_; }
  /// From now on a link carries so much.
  void change(std::int64_t link, double bytes_per_s) {
    for (Flow& flow : flows_)
      for (Link& crossed : flow.route)
        if (crossed.name == link) crossed.bytes_per_s = bytes_per_s;
  }

  /// Goes on to the first moment at which flows end, though not beyond `until_s`; the tags of those that end then.
  std::vector<int> advance(double until_s) {
    while (now_s_ < until_s) {
      fill();
      double next_s = until_s;
      for (const Flow& flow : flows_) {
        if (flow.from_s > now_s_)
          next_s = std::min(next_s, flow.from_s);
        else
          next_s = std::min(next_s, now_s_ + flow.left_bytes / flow.rate);
      }
      const double passed_s = next_s - now_s_;
      std::vector<int> ended;
      for (Flow& flow : flows_) {
        if (flow.from_s > now_s_) continue;
        flow.left_bytes -= flow.rate * passed_s;
        if (flow.left_bytes <= kNothing * flow.rate) ended.push_back(flow.tag), flow.left_bytes = -1;
      }
      now_s_ = next_s;
      std::erase_if(flows_, [](const Flow& flow) { return flow.left_bytes < 0; });
      if (!ended.empty()) return ended;
    }
    return {};
  }

 private:
  static constexpr double kNothing = 1e-11;  // seconds that rounding may leave of a flow

  // Progressive filling: all rates grow alike; where a link is full its flows stop, and the others go on.   [Bertsekas & Gallager 1992,
  // Data networks, sec. 6.5.2]
  void fill() {
    std::map<std::int64_t, std::pair<double, int>> open;  // what a link has left, and flows over it that still grow
    std::vector<Flow*> growing;
    for (Flow& flow : flows_) {
      flow.rate = 0;
      if (flow.from_s > now_s_) continue;
      growing.push_back(&flow);
      for (const Link& link : flow.route) ++open.try_emplace(link.name, link.bytes_per_s, 0).first->second.second;
    }
    while (!growing.empty()) {
      double step = kNever;
      for (const auto& [name, link] : open)
        if (link.second > 0) step = std::min(step, link.first / link.second);
      for (auto& [name, link] : open) link.first -= step * link.second;
      for (Flow* flow : growing) flow->rate += step;
      const auto full = [&](const Flow* flow) {
        return std::any_of(flow->route.begin(), flow->route.end(),
                           [&](const Link& link) { return open.at(link.name).first <= 1e-12 * link.bytes_per_s; });
      };
      const auto stopped = std::stable_partition(growing.begin(), growing.end(), [&](const Flow* flow) { return !full(flow); });
      for (auto each = stopped; each != growing.end(); ++each)
        for (const Link& link : (*each)->route) --open.at(link.name).second;
      growing.erase(stopped, growing.end());
    }
  }

  std::vector<Flow> flows_;
  double now_s_ = 0;
};

}  // namespace forerun::test

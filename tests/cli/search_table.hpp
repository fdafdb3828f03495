#pragma once

#include <string>

namespace forerun {

/// Amdahl's law on clusters of one to `most` nodes of two kinds; those of the large kind cost three times as much and do not run out of
/// memory.
struct SmallSearch {
  int most = 8;

  [[nodiscard]] static std::string name(const std::string& kind, int nodes) { return std::to_string(nodes) + " x " + kind; }
  [[nodiscard]] static bool fits(const std::string& kind, int nodes) { return kind == "large" || nodes >= 3; }
  [[nodiscard]] static double seconds(const std::string& kind, int nodes) {
    if (!fits(kind, nodes)) return 9;
    return 60 + (kind == "large" ? 1500.0 : 3000.0) / nodes + 5 * nodes;
  }

  /// The table that a search chooses from.
  [[nodiscard]] std::string space() const { return table("candidate,nodes,units_per_node,memory_gib_per_node,kind,usd_per_h", false); }
  /// All runs.
  [[nodiscard]] std::string runs() const {
    return table("candidate,nodes,units_per_node,memory_gib_per_node,kind,usd_per_h,workload,seconds,status", true);
  }

 private:
  [[nodiscard]] std::string table(const std::string& header, bool runs) const {
    std::string text = header + "\n";
    for (const std::string kind : {"small", "large"})
      for (int nodes = 1; nodes <= most; ++nodes) {
        const int price = kind == "large" ? 3 * nodes : nodes;
        text +=
            name(kind, nodes) + "," + std::to_string(nodes) + ",4," + (kind == "large" ? "64," : "8,") + kind + "," + std::to_string(price);
        if (runs) text += ",sort," + std::to_string(seconds(kind, nodes)) + (fits(kind, nodes) ? ",ok" : ",oom");
        text += "\n";
      }
    return text;
  }
};

}  // namespace forerun

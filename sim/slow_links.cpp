#include "sim/slow_links.hpp"

#include <algorithm>
#include <limits>

namespace forerun::sim {

SlowLinks::SlowLinks(const std::vector<SlowLink>& links) {
  for (const SlowLink& link : links) nodes_.push_back(link.node);
  std::ranges::sort(nodes_);
  nodes_.erase(std::ranges::unique(nodes_).begin(), nodes_.end());
  for (const bool ends : {true, false})
    for (const SlowLink& link : links) {
      const auto place = static_cast<std::size_t>(std::ranges::lower_bound(nodes_, link.node) - nodes_.begin());
      if (!ends)
        changes_.push_back({link.from.value(), place, link.factor});
      else if (link.until)
        changes_.push_back({link.until->value(), place, 1});
    }
  std::ranges::stable_sort(changes_, {}, &Change::date_s);
  restart();
}

void SlowLinks::restart() {
  factors_.assign(nodes_.size(), 1.0);
  made_ = 0;
}

double SlowLinks::next_s() const { return made_ < changes_.size() ? changes_[made_].date_s : std::numeric_limits<double>::infinity(); }

std::vector<std::size_t> SlowLinks::advance(double date_s) {
  std::vector<std::size_t> changed;
  for (; next_s() <= date_s; ++made_) {
    factors_[changes_[made_].place] = changes_[made_].factor;
    changed.push_back(changes_[made_].place);
  }
  return changed;
}

double SlowLinks::last_change_s(const std::vector<SlowLink>& links) {
  double last_s = 0;
  for (const SlowLink& link : links) last_s = std::max({last_s, link.from.value(), link.until.value_or(Seconds(0)).value()});
  return last_s;
}

}  // namespace forerun::sim

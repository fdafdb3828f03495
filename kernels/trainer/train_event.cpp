#include "kernels/trainer/train_event.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "io/format.hpp"

namespace forerun {
namespace {

constexpr std::array<std::string_view, 6> kNames{"ready", "checkpoint", "written", "finished", "failed", "killed"};

}  // namespace

std::string event_line(const TrainEvent& event) {
  std::string text = event.text;
  std::ranges::replace(text, '\n', ' ');
  return forerun::format("event {} {} {} {} {} {}", kNames[static_cast<std::size_t>(event.kind)], event.step, event.rank,
                         exact(event.at.value()), exact(event.took.value()), text);
}

bool read_event_line(const std::string& line, TrainEvent& event) {
  std::array<char, 16> name{};
  long long step = 0;
  double at = 0, took = 0;
  int behind = 0;
  if (std::sscanf(line.c_str(), "event %15s %lld %d %lf %lf %n", name.data(), &step, &event.rank, &at, &took, &behind) != 5) return false;
  const auto known = std::ranges::find(kNames, std::string_view(name.data()));
  if (known == kNames.end()) return false;
  event.kind = static_cast<TrainEvent::Kind>(known - kNames.begin());
  event.step = step, event.at = Seconds(at), event.took = Seconds(took);
  event.text = line.substr(static_cast<std::size_t>(behind));
  return true;
}

}  // namespace forerun

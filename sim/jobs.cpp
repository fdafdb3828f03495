#include "sim/jobs.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include "core/error.hpp"
#include "io/format.hpp"
#include "sim/child.hpp"
#include "sim/message.hpp"
#include "sim/network.hpp"
#include "sim/player.hpp"
#include "sim/program.hpp"

// Jobs on one network.
namespace forerun::sim {

namespace {

// Steps of a job beside others may take so many times as long as alone; a job that is slower does not get on.
constexpr int kMostTimesAsLong = 1000;
// The rank that is observed is the one that computes most in so many steps.
constexpr std::int64_t kObservedSteps = 16;

/// One job's player and what it refers to, at one place.
struct Live {
  Live(const PlannedJob& job, const Network* beside, Mode mode)
      : network(beside == nullptr ? std::make_unique<Network>(job.platform, job.plan.ranks)
                                  : std::make_unique<Network>(*beside, job.platform, job.plan.ranks)),
        program(compile(job.plan)),
        options{.steps = kObservedSteps,
                .endless = true,
                .mode = mode,
                .fold = Fold::never,
                .seed = job.seed,
                .overlap_slowdown = job.overlap_slowdown,
                .perturbations = {}},
        player(job.plan, program, job.costs, job.platform, options, *network) {
    player.begin_at(job.begins.value());
  }

  std::unique_ptr<Network> network;
  Program program;
  PlayOptions options;
  Player player;
};

/// Steps of a job that begin at a date or later and have finished.
std::int64_t steps_since(const Played& played, Seconds date) {
  const auto first = std::ranges::lower_bound(played.compute_finishes, date);
  return std::max<std::int64_t>(0, played.compute_finishes.end() - first - 1);
}

/// When each job has finished its first step; nothing where one has not.
std::optional<Seconds> all_going(const std::vector<std::unique_ptr<Live>>& lives) {
  Seconds date;
  for (const auto& live : lives) {
    if (live->player.so_far().compute_finishes.empty()) return std::nullopt;
    date = std::max(date, live->player.so_far().compute_finishes.front());
  }
  return date;
}

PlayedBeside mean_since(const Player& player, Seconds date) {
  const Played& played = player.so_far();
  PlayedBeside mean;
  mean.steps = steps_since(played, date);
  mean.flows = player.flows();
  mean.time = step_time(played, 0, static_cast<int>(mean.steps));
  return mean;
}

std::vector<PlayedBeside> play_here(std::span<const PlannedJob> jobs, Mode mode, int least_steps) {
  std::vector<std::unique_ptr<Live>> lives;
  std::vector<Network::Job> started;
  double slowest_s = 0, end_s = 0;
  for (const PlannedJob& job : jobs) {
    lives.push_back(std::make_unique<Live>(job, lives.empty() ? nullptr : lives.front()->network.get(), mode));
    started.push_back({lives.back()->network.get(), &lives.back()->player});
    slowest_s = std::max(slowest_s, job.alone.value());
    end_s = std::max(end_s, job.begins.value());
  }
  Network::start_together(started);
  end_s += (least_steps + 1) * slowest_s;
  for (const double latest_s = end_s * kMostTimesAsLong;; end_s += std::max(1, least_steps / 4) * slowest_s) {
    for (const auto& live : lives) live->player.look_ahead_until(end_s);
    lives.front()->network->play_until(end_s);
    const std::optional<Seconds> going = all_going(lives);
    const auto enough = [&](const auto& live) { return steps_since(live->player.so_far(), *going) >= least_steps; };
    if (going && std::ranges::all_of(lives, enough)) {
      std::vector<PlayedBeside> means;
      for (const auto& live : lives) means.push_back(mean_since(live->player, *going));
      return means;
    }
    if (end_s > latest_s)
      for (std::size_t i = 0; i < lives.size(); ++i)
        if (!going || !enough(lives[i]))
          throw SimulationFailed(forerun::format("job {} does not get on beside the others: {}", i + 1, lives[i]->player.blockage()));
  }
}

}  // namespace

std::vector<PlayedBeside> play_together(std::span<const PlannedJob> jobs, Mode mode, int least_steps) {
  const std::string answer = ask_child([&] {
    Encoder out;
    out.put(play_here(jobs, mode, least_steps));
    return out.take();
  });
  std::vector<PlayedBeside> played;
  Decoder(answer).get(played);
  return played;
}

}  // namespace forerun::sim

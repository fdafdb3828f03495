#include "kernels/trainer/checkpoint_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <set>
#include <string_view>

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/format.hpp"
#include "kernels/trainer/stage_chunks.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

struct FileName {
  std::int64_t step = 0;
  int rank = 0;
  std::string_view rest;  ///< of a file that was not finished
};

template <class Number>
bool take_number(std::string_view& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return error == std::errc();
}

bool take(std::string_view& text, std::string_view word) {
  const bool there = text.starts_with(word);
  if (there) text.remove_prefix(word.size());
  return there;
}

std::optional<FileName> parse_name(std::string_view text) {
  FileName name;
  if (!take(text, "step-") || !take_number(text, name.step) || !take(text, ".rank-") || !take_number(text, name.rank)) return {};
  name.rest = text;
  constexpr std::size_t kUnfinished = 7;  // a dot and six characters, as AtomicFile has them
  if (!text.empty() && (text.size() != kUnfinished || text.front() != '.')) return {};
  return name;
}

template <class Use>
void for_each_file(const fs::path& folder, Use use) {
  std::error_code none;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, none)) {
    const std::string text = entry.path().filename().string();
    if (const auto name = parse_name(text)) use(entry.path(), *name);
  }
}

/// The rank's group of a data axis; empty where nobody has what it has.
std::vector<int> replicas(const StepPlan& plan, int rank) {
  for (const Communicator& data : plan.communicators) {
    if (data.name != "data" || data.classes != std::vector{class_of(plan, rank)}) continue;
    for (int group = 0; group < data.groups; ++group) {
      std::vector<int> members;
      for (int i = 0; i < data.size; ++i) members.push_back(data.rank(group, i));
      if (std::ranges::find(members, rank) != members.end()) return members;
    }
  }
  return {};
}

bool serves(const StepPlan& plan, int rank) {
  return std::ranges::any_of(plan.operations, [&](const Operation& operation) {
    const auto* transfer = std::get_if<Collective>(&operation.work);
    if (transfer == nullptr || transfer->operation != Collective::Operation::pull) return false;
    return plan.communicators[static_cast<std::size_t>(transfer->communicator)].rank(0, 0) == rank;  // a star's first is its server
  });
}

/// The first of a checkpoint's files that is not there; empty where all are.
fs::path missing_file(const fs::path& folder, std::int64_t step, std::span<const int> writers) {
  for (const int rank : writers)
    if (fs::path file = checkpoint_file(folder, step, rank); !fs::exists(file)) return file;
  return {};
}

/// What is wrong with a checkpoint's files; empty where they are whole.
std::string damage(const fs::path& folder, std::int64_t step, const TrainingIdentity& training, std::span<const int> writers) {
  try {
    for (const int rank : writers) check_checkpoint(checkpoint_file(folder, step, rank), {step, rank, training});
  } catch (const BadInput& error) {
    return error.what();
  }
  return {};
}

}  // namespace

fs::path checkpoint_file(const fs::path& folder, std::int64_t step, int rank) {
  return folder / forerun::format("step-{}.rank-{}", step, rank);
}

std::vector<std::int64_t> checkpoint_steps(const fs::path& folder, int rank) {
  std::set<std::int64_t> steps;
  for_each_file(folder, [&](const fs::path&, const FileName& name) {
    if (name.rest.empty() && name.rank == rank) steps.insert(name.step);
  });
  return {steps.begin(), steps.end()};
}

int writer_of(const Strategy& strategy, const StepPlan& plan, int rank) {
  if (strategy.servers > 0) return serves(plan, rank) ? rank : -1;
  const std::vector<int> alike = replicas(plan, rank);
  return alike.empty() ? rank : *std::ranges::min_element(alike);
}

std::vector<int> checkpoint_writers(const Strategy& strategy, const StepPlan& plan) {
  std::vector<int> writers;
  for (int rank = 0; rank < plan.ranks; ++rank)
    if (writer_of(strategy, plan, rank) == rank) writers.push_back(rank);
  return writers;
}

FoundCheckpoint find_checkpoint(const fs::path& folder, const TrainingIdentity& training, std::span<const int> writers) {
  std::set<std::int64_t, std::greater<>> steps;
  for_each_file(folder, [&](const fs::path& file, const FileName& name) {
    if (!name.rest.empty()) return;
    steps.insert(name.step);
    if (const std::string other = different_training(file, training); !other.empty())
      throw BadInput(Problem{.file = file.string(), .what = "is of another training: " + other});
  });
  FoundCheckpoint found;
  std::vector<std::string> broken_off;
  for (const std::int64_t step : steps) {
    if (const fs::path missing = missing_file(folder, step, writers); !missing.empty()) {
      broken_off.push_back(forerun::format("{}: no such file, without which the checkpoint of step {} is none", missing.string(), step));
      continue;
    }
    const std::string wrong = damage(folder, step, training, writers);
    if (wrong.empty()) {
      found.step = step;
      return found;
    }
    found.passed_by.push_back(wrong);
  }
  if (found.passed_by.empty()) {
    found.passed_by = broken_off;
    return found;
  }
  std::vector<Problem> problems;
  for (const std::string& wrong : found.passed_by) problems.push_back({.what = wrong});
  problems.push_back({.file = folder.string(), .what = "holds no checkpoint that is whole; without these files the training begins anew"});
  throw BadInput(problems);
}

void remove_unfinished(const fs::path& folder) {
  std::error_code none;
  for_each_file(folder, [&](const fs::path& file, const FileName& name) {
    if (!name.rest.empty()) fs::remove(file, none);
  });
}

OwnedFolder::OwnedFolder(const fs::path& folder) : lock_(-1) {
  make_folder(folder);
  check_writable(folder / "lock");
  lock_ = Descriptor(::open((folder / "lock").c_str(), O_RDWR | O_CREAT, 0666));  // without O_CLOEXEC: programs keep it
  if (!lock_.is_open()) cannot_write(folder / "lock", errno);
  if (::flock(lock_.number(), LOCK_EX | LOCK_NB) != 0)
    throw BadInput(Problem{.key = folder.string(), .what = "is another training's, which is still running"});
}

}  // namespace forerun

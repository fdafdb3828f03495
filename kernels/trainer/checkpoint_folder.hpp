#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/plan.hpp"
#include "core/strategy.hpp"
#include "io/descriptor.hpp"
#include "kernels/trainer/checkpoint.hpp"

namespace forerun {

/// `FOLDER/step-STEP.rank-RANK`
std::filesystem::path checkpoint_file(const std::filesystem::path& folder, std::int64_t step, int rank);

/// The steps of which a folder has a file of the rank, ascending.
std::vector<std::int64_t> checkpoint_steps(const std::filesystem::path& folder, int rank);

/// The rank whose file holds what a rank has: its own, or that of the first of the ranks that have the same. With parameter servers each
/// that serves has one of what it serves; -1 for the others, whose weights come with the next step.
int writer_of(const Strategy& strategy, const StepPlan& plan, int rank);

/// All ranks that write, ascending.
std::vector<int> checkpoint_writers(const Strategy& strategy, const StepPlan& plan);

/// What a training can go on from.
struct FoundCheckpoint {
  std::int64_t step = 0;               ///< zero: it begins
  std::vector<std::string> passed_by;  ///< what is wrong with newer ones; where it begins though there are files, which ones are missing
};

/// The newest checkpoint of which every file is there and whole. A newer one with a file less was broken off and is passed by without a
/// word.
/// BadInput: files of another training, which nothing may write over; or none that is whole, but some that are damaged.
FoundCheckpoint find_checkpoint(const std::filesystem::path& folder, const TrainingIdentity& training, std::span<const int> writers);

/// Takes away what writers that were killed left half done. No writer may be at work.
void remove_unfinished(const std::filesystem::path& folder);

/// A folder of checkpoints while a training has it for itself. Makes it where it is missing. BadInput where it cannot be
/// made or written to, or where another training has it. Programs that this process starts hold on to it, too: ranks that outlive their
/// launcher for a moment.
class OwnedFolder {
 public:
  explicit OwnedFolder(const std::filesystem::path& folder);

 private:
  Descriptor lock_;
};

}  // namespace forerun

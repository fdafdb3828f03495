#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/scenario.hpp"
#include "kernels/trainer/network.hpp"

/// What a training goes on from, in files. One file holds what one rank has:
///
///   a line of JSON        the format, the step, the rank, the training that it is of, each array's name and its numbers
///   the arrays            32-bit floats, the least significant byte first
///   four bytes            CRC-32C of all before, the least significant first
///
/// Samples and draws of dropout are functions of seed and step, so the step says where they go on.
namespace forerun {

/// What must be alike for one training to go on from another's checkpoint: network, batch, optimizer, strategy, seed and data, each with
/// its value as text. How many steps there are may differ.
using TrainingIdentity = std::vector<std::pair<std::string, std::string>>;

/// `data`: what the samples are.
TrainingIdentity training_identity(const Scenario& scenario, const std::string& data);

/// What a file's first line says, arrays apart.
struct CheckpointHead {
  std::int64_t step = 0;  ///< steps that were done, untimed ones too
  int rank = 0;
  TrainingIdentity training;

  friend bool operator==(const CheckpointHead&, const CheckpointHead&) = default;
};

/// Appears as a whole, on the disk, or not at all. BadInput where it cannot be written: a disk that is full.
void write_checkpoint(const std::filesystem::path& file, const CheckpointHead& head, std::span<const StateArray> arrays);

/// Fills the arrays. BadInput in the name of the file: of another step, rank or training, arrays that are not these, cut off, or with a
/// checksum that is not that of its bytes; the arrays are undefined then.
void read_checkpoint(const std::filesystem::path& file, const CheckpointHead& head, std::span<const StateArray> arrays);

/// Reads all of a file and keeps nothing. BadInput as read_checkpoint(), but for which arrays there are; where bytes changed, that,
/// whatever the first line then says.
void check_checkpoint(const std::filesystem::path& file, const CheckpointHead& head);

/// What the file's training has that is not this one's, such as `seed is 2 (here 1)`; empty where they are alike, or where the file is
/// damaged, and says nothing.
std::string different_training(const std::filesystem::path& file, const TrainingIdentity& training);

}  // namespace forerun

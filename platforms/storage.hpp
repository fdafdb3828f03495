#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/platform.hpp"
#include "platforms/description.hpp"

/// Storages with a name (platforms/data/storage.csv), and what files and settings say of a platform's own.
namespace forerun {

/// The names of the storages whose figures are known, and of the kinds.
std::vector<std::string_view> known_storages();

/// The storage of that name; one whose speed grows with its size has so many bytes:
///   bandwidth = min(most, size x bandwidth a GiB), and so its requests a second.
/// Reads and writes of such a disk have the figures of its data sheet, whatever machine it is attached to. Empty for an unknown name.
std::optional<Storage> known_storage(std::string_view name, Bytes size);

/// Where its figures come from, and when they were so.
std::string storage_source(std::string_view name);

/// The figures of a storage that a platform's key says: `data-` (of reading) and `checkpoint-` (of writing) stand before their names.
inline constexpr std::array<std::string_view, 2> kStorageUses = {"data", "checkpoint"};
inline constexpr std::array<std::string_view, 4> kStorageFigures = {"bandwidth", "iops", "connection-bandwidth", "latency"};
/// `data-read-bandwidth`, `checkpoint-latency`.
std::string storage_key(std::string_view use, std::string_view figure);

/// Whether a platform's key says a figure of the storage that another key names, `data-latency` of `data-storage`: where something else is
/// named later, what was said before of the figures goes with the name.
bool is_figure_of(std::string_view key, std::string_view naming);

/// Fills in a platform's storages from what the texts say of them. Checkpoints go where samples lie unless told otherwise, and storages of
/// one name are one. Everything wrong is collected: an unknown name, a size that is missing or that nothing depends on, a figure that is
/// zero, without a unit, missing or of a storage that is not there, `loader-rate` beside a storage, an object store without a link or
/// without anything that says how much comes through it.
void read_storages(const PlatformTexts& texts, Platform& platform, Problems& problems);

}  // namespace forerun

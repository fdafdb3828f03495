#include "platforms/storage.hpp"

#include <algorithm>

#include "io/csv.hpp"
#include "io/format.hpp"
#include "io/quantity.hpp"
#include "io/suggest.hpp"
#include "platforms/data.hpp"

namespace forerun {
namespace {

constexpr std::string_view kFile = "data/storage.csv";
constexpr double kLeastRequests = 1e-3;
constexpr double kMostRequests = 1e12;

const CsvTable& table() {
  static constexpr std::array<std::string_view, 16> kRequired = {"storage",
                                                                 "kind",
                                                                 "read-bandwidth",
                                                                 "write-bandwidth",
                                                                 "read-iops",
                                                                 "write-iops",
                                                                 "read-bandwidth-per-gib",
                                                                 "write-bandwidth-per-gib",
                                                                 "read-iops-per-gib",
                                                                 "write-iops-per-gib",
                                                                 "one-budget",
                                                                 "request",
                                                                 "latency",
                                                                 "connection-bandwidth",
                                                                 "date",
                                                                 "source"};
  static const CsvTable read = [] {
    const auto found = std::ranges::find(platforms_data(), kFile, &platforms_file::name);
    return read_csv_text(found->text, "platforms/" + std::string(kFile), kRequired);
  }();
  return read;
}

std::optional<std::size_t> row_of(std::string_view name) {
  for (std::size_t row = 0; row < table().rows.size(); ++row)
    if (table().at(row, "storage").value == name) return row;
  return std::nullopt;
}

Storage::Kind kind_of(const Text& text) {
  for (const auto kind : {Storage::Kind::local_disk, Storage::Kind::network_disk, Storage::Kind::file_system})
    if (text.value == to_string(kind)) return kind;
  return Storage::Kind::object_store;
}

double requests_of(const Text& text) { return parse_number(text, kLeastRequests, kMostRequests); }

/// One direction of a row: what is given, and of what grows no more than its size brings.
Storage::Access access_of(std::size_t row, const std::string& direction, Bytes size) {
  Storage::Access access;
  const auto cell = [&](const std::string& column) -> const Text& { return table().at(row, column); };
  const double gib = size.value() / kGiB;
  if (const Text& most = cell(direction + "-bandwidth"); !most.value.empty()) access.bandwidth = parse_bandwidth(most);
  if (const Text& each = cell(direction + "-bandwidth-per-gib"); !each.value.empty())
    access.bandwidth = std::min(access.bandwidth, gib * parse_bandwidth(each));
  if (const Text& most = cell(direction + "-iops"); !most.value.empty()) access.requests_per_s = requests_of(most);
  if (const Text& each = cell(direction + "-iops-per-gib"); !each.value.empty())
    access.requests_per_s = std::min(access.requests_per_s, gib * requests_of(each));
  if (const Text& latency = cell("latency"); !latency.value.empty()) access.latency = parse_seconds(latency);
  if (const Text& each = cell("connection-bandwidth"); !each.value.empty()) access.a_connection = parse_bandwidth(each);
  return access;
}

bool grows(std::size_t row) { return !table().at(row, "read-bandwidth-per-gib").value.empty(); }

const Text* find(const PlatformTexts& texts, std::string_view key) {
  const auto found = texts.find(key);
  return found == texts.end() ? nullptr : &found->second;
}

/// The storage that a key names, at its size.
std::optional<Storage> named_storage(const PlatformTexts& texts, const Text& name, Problems& problems) {
  const std::optional<std::size_t> row = row_of(name.value);
  if (!row) {
    const std::vector<std::string_view> names = known_storages();
    problems.add(problem(name, "unknown storage", listed(names), suggest(name.value, names)));
    return std::nullopt;
  }
  Bytes size;
  if (grows(*row)) {
    const Text* given = find(texts, "disk-size");
    if (given == nullptr)
      problems.add(problem(missing_beside(name, "disk-size"), "is missing: the speed of " + name.value + " grows with it"));
    if (given == nullptr || !problems.collect([&] { size = parse_bytes(*given); })) return std::nullopt;
  }
  return known_storage(name.value, size);
}

/// What the keys of one use say of its direction.
void read_figures(const PlatformTexts& texts, std::string_view use, Storage::Access& access, Problems& problems) {
  const auto read = [&](std::string_view figure, auto& into, auto parse) {
    if (const Text* text = find(texts, storage_key(use, figure))) problems.collect([&] { into = parse(*text); });
  };
  read("bandwidth", access.bandwidth, parse_bandwidth);
  read("iops", access.requests_per_s, requests_of);
  read("connection-bandwidth", access.a_connection, parse_bandwidth);
  read("latency", access.latency, [](const Text& text) { return parse_seconds(text, Zero::allowed); });
}

/// The first text of a use's figures; null where none is given.
const Text* first_figure(const PlatformTexts& texts, std::string_view use) {
  for (const std::string_view figure : kStorageFigures)
    if (const Text* text = find(texts, storage_key(use, figure))) return text;
  return nullptr;
}

/// Whether anything says how much comes through. Of an object store requests or connections do where its servers take whatever comes.
bool has_throughput(const Storage& storage, const Storage::Access& access) {
  if (access.bandwidth > BytesPerSecond(0)) return true;
  return storage.kind == Storage::Kind::object_store && (access.requests_per_s > 0 || access.a_connection > BytesPerSecond(0));
}

/// `place` is where the storage is named, or another figure of that use.
void check_storage(const Platform& platform, const Storage& storage, std::string_view use, const Text& place, Problems& problems) {
  const bool over_network = !storage.is_own();
  const Storage::Access& access = use == "data" ? storage.read : storage.write;
  if (!has_throughput(storage, access))
    problems.add(problem(missing_beside(place, storage_key(use, "bandwidth")), "is missing: nothing says how fast " + storage.name + " is",
                         storage.kind == Storage::Kind::object_store
                             ? "it, " + storage_key(use, "iops") + " or " + storage_key(use, "connection-bandwidth")
                             : ""));
  if (over_network && storage.kind == Storage::Kind::object_store && platform.inter_node.bandwidth == BytesPerSecond(0))
    problems.add(problem(missing_beside(place, "link-bandwidth"), "is missing: nodes reach " + storage.name + " over it"));
}

}  // namespace

std::vector<std::string_view> known_storages() {
  std::vector<std::string_view> names;
  for (std::size_t row = 0; row < table().rows.size(); ++row) names.push_back(table().at(row, "storage").value);
  return names;
}

std::optional<Storage> known_storage(std::string_view name, Bytes size) {
  const std::optional<std::size_t> row = row_of(name);
  if (!row) return std::nullopt;
  Storage storage;
  storage.name = name;
  storage.kind = kind_of(table().at(*row, "kind"));
  storage.size = grows(*row) ? size : Bytes(0);
  storage.read = access_of(*row, "read", size);
  storage.write = access_of(*row, "write", size);
  storage.one_budget = !table().at(*row, "one-budget").value.empty();
  if (const Text& request = table().at(*row, "request"); !request.value.empty()) storage.request = parse_bytes(request);
  return storage;
}

std::string storage_source(std::string_view name) {
  const std::optional<std::size_t> row = row_of(name);
  return row ? table().at(*row, "source").value + " (" + table().at(*row, "date").value + ")" : "";
}

std::string storage_key(std::string_view use, std::string_view figure) {
  const bool directed = figure == "bandwidth" || figure == "iops";
  return forerun::format("{}-{}{}", use, !directed ? "" : use == "data" ? "read-" : "write-", figure);
}

bool is_figure_of(std::string_view key, std::string_view naming) {
  for (const std::string_view use : kStorageUses)
    if (naming == std::string(use) + "-storage")
      return std::ranges::any_of(kStorageFigures, [&](std::string_view figure) { return key == storage_key(use, figure); });
  return false;
}

void read_storages(const PlatformTexts& texts, Platform& platform, Problems& problems) {
  const Text* data = find(texts, "data-storage");
  const Text* checkpoints = find(texts, "checkpoint-storage");
  if (data != nullptr) platform.data = named_storage(texts, *data, problems);
  if (checkpoints != nullptr && data != nullptr && checkpoints->value == data->value) checkpoints = nullptr;
  if (checkpoints != nullptr) platform.checkpoints = named_storage(texts, *checkpoints, problems);
  if (platform.data) read_figures(texts, "data", platform.data->read, problems);
  Storage* written = platform.checkpoints ? &*platform.checkpoints : platform.data ? &*platform.data : nullptr;
  if (written != nullptr) read_figures(texts, "checkpoint", written->write, problems);
  if (platform.data) check_storage(platform, *platform.data, "data", *data, problems);
  if (platform.checkpoints) check_storage(platform, *platform.checkpoints, "checkpoint", *checkpoints, problems);
  if (checkpoints == nullptr && platform.data) {
    if (has_throughput(*platform.data, platform.data->write))
      platform.checkpoints = platform.data;
    else if (const Text* figure = first_figure(texts, "checkpoint"))
      check_storage(platform, *platform.data, "checkpoint", *figure, problems);
  }

  const auto without = [&](const Text& text, std::string_view key) {
    problems.add(problem(missing_beside(text, key), "is missing: " + text.key.substr(text.key.rfind('.') + 1) + " is given without it"));
  };
  if (const Text* figure = first_figure(texts, "data"); figure != nullptr && data == nullptr) without(*figure, "data-storage");
  if (const Text* figure = first_figure(texts, "checkpoint"); figure != nullptr && data == nullptr && checkpoints == nullptr)
    without(*figure, "checkpoint-storage");
  const auto sized = [](const std::optional<Storage>& storage) { return storage && storage->size > Bytes(0); };
  const bool understood = (data == nullptr || platform.data) && (checkpoints == nullptr || platform.checkpoints);
  // One that a file gives for another storage than settings name is no mistake.
  const Text* size = find(texts, "disk-size");
  const auto with_size = [&](const Text* name) { return name == nullptr || name->file == size->file; };
  if (size != nullptr && with_size(data) && with_size(checkpoints) && understood && !sized(platform.data) && !sized(platform.checkpoints))
    problems.add(problem(*size, "has no meaning here: no storage of this platform has a speed that grows with it"));
  if (const Text* rate = find(texts, "loader-rate"); rate != nullptr && data != nullptr)
    problems.add(problem(*rate, "cannot be given together with data-storage, which says how fast samples are read"));
}

}  // namespace forerun

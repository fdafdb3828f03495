#include "kernels/microbenchmarks/disk.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include "core/error.hpp"
#include "core/random.hpp"
#include "io/atomic_file.hpp"
#include "io/descriptor.hpp"
#include "io/format.hpp"
#include "kernels/microbenchmarks/journal.hpp"
#include "kernels/trainer/clock.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20U;
constexpr std::size_t kSmallRead = 110 * 1000;  // an image of ImageNet
constexpr std::size_t kSmallWrite = 4096;
constexpr int kKinds = 4;

bool is_large(DiskSample::What what) { return what == DiskSample::What::read_large || what == DiskSample::What::write_large; }

std::size_t bytes_of(DiskSample::What what, const DiskSizes& sizes) {
  return is_large(what) ? sizes.large : what == DiskSample::What::read_small ? kSmallRead : kSmallWrite;
}

constexpr std::string_view kWorkFolder = "forerun-disk-";

/// A folder of our own that goes away with what is in it, and until then is locked.
class WorkFolder {
 public:
  explicit WorkFolder(const fs::path& parent) : lock_(-1) {
    std::string pattern = (parent / (std::string(kWorkFolder) + "XXXXXX")).string();
    if (::mkdtemp(pattern.data()) == nullptr)
      throw BadInput(Problem{.key = parent.string(), .what = "cannot be written: " + error_text(errno)});
    folder_ = pattern;
    lock_ = Descriptor(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ::flock(lock_.number(), LOCK_EX | LOCK_NB);
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  ~WorkFolder() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  [[nodiscard]] fs::path file(int number) const { return folder_ / std::to_string(number); }

 private:
  fs::path folder_;
  Descriptor lock_;
};

/// Takes away what a measurement that was killed has left, which may be a gigabyte; not that of one which still runs.
void remove_left(const fs::path& parent) {
  std::error_code none;
  std::vector<fs::path> left;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent, none))
    if (entry.path().filename().string().starts_with(kWorkFolder) && entry.is_directory(none)) left.push_back(entry.path());
  for (const fs::path& folder : left) {
    const Descriptor lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (lock.is_open() && ::flock(lock.number(), LOCK_EX | LOCK_NB) == 0) fs::remove_all(folder, none);
  }
}

/// Bytes that no disk makes smaller, another file's with each seed.
std::string block_of(std::size_t bytes, std::uint64_t seed) {
  std::string block(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i) block[i] = static_cast<char>(mix_bits(seed + i / 8) >> (8 * (i % 8)));
  return block;
}

Seconds time_writing(const fs::path& file, std::size_t bytes, const std::string& block) {
  const Seconds begun = steady_now();
  AtomicFile whole(file);
  for (std::size_t left = bytes; left > 0;) {
    const std::size_t count = std::min(left, block.size());
    whole.write(std::string_view(block).substr(0, count));
    left -= count;
  }
  whole.commit();
  return steady_now() - begun;
}

/// Whether none of a file is in memory, once the system was asked to forget it.
bool forget(const fs::path& file) {
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor.is_open()) return false;
  ::posix_fadvise(descriptor.number(), 0, 0, POSIX_FADV_DONTNEED);
  const auto size = static_cast<std::size_t>(fs::file_size(file));
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor.number(), 0);
  if (mapped == MAP_FAILED) return false;
  std::vector<unsigned char> pages(size / static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) + 1);
  const bool asked = ::mincore(mapped, size, pages.data()) == 0;
  ::munmap(mapped, size);
  return asked && std::ranges::none_of(pages, [](unsigned char page) { return (page & 1U) != 0; });
}

/// Whether the system forgets a file of the folder, which a measurement that went on had no other way to see.
bool forgets(const fs::path& parent) {
  const WorkFolder folder(parent);
  time_writing(folder.file(0), kBlock, block_of(kBlock, 2));
  return forget(folder.file(0));
}

Seconds time_reading(const fs::path& file, std::string& block) {
  const Seconds begun = steady_now();
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  for (;;) {
    const ssize_t got = ::read(descriptor.number(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw BadInput(Problem{.key = file.string(), .what = "cannot be read: " + error_text(errno)});
    if (got == 0) break;
  }
  return steady_now() - begun;
}

void require_room(const fs::path& folder, std::size_t bytes) {
  struct statvfs status {};
  if (::statvfs(folder.c_str(), &status) != 0)
    throw BadInput(Problem{.key = folder.string(), .what = "cannot be measured: " + error_text(errno)});
  const double room = static_cast<double>(status.f_bavail) * static_cast<double>(status.f_frsize);
  if (room < static_cast<double>(bytes))
    throw BadInput(Problem{.key = folder.string(),
                           .what = "has not enough room",
                           .got = human(Bytes(room)),
                           .allowed = forerun::format("at least {}", human(Bytes(static_cast<double>(bytes))))});
}

/// One kind of file: writes them all, and reads them again where reading is what counts.
class Bench {
 public:
  Bench(const DiskOptions& options, const DiskSizes& sizes, const ProgressCallback& progress)
      : options_(options), sizes_(sizes), progress_(progress), block_(block_of(kBlock, 1)) {}

  DiskSample run(DiskSample::What what) {
    using enum DiskSample::What;
    const bool large = is_large(what), reads = what == read_large || what == read_small;
    const std::size_t bytes = bytes_of(what, sizes_);
    const int files = large ? sizes_.large_files : what == read_small ? sizes_.small_files : sizes_.small_files / 4;
    const WorkFolder folder(options_.folder);
    std::vector<Seconds> times;
    const int apart = what == read_small ? files : 1;  // small files are all written first, so that none lies where it was just written
    for (int first = 0; first < files; first += apart) {
      for (int i = first; i < first + apart; ++i) {
        const Seconds time = time_writing(folder.file(i), bytes, block_);
        if (!reads) times.push_back(time);
      }
      for (int i = first; reads && i < first + apart; ++i) {
        from_disk_ = forget(folder.file(i)) && from_disk_;
        times.push_back(time_reading(folder.file(i), block_));
      }
      if (large) fs::remove(folder.file(first));
      if (progress_)
        progress_({static_cast<double>(what) + static_cast<double>(first + apart) / files, kKinds, std::string(to_string(what))});
    }
    return {what, Bytes(static_cast<double>(bytes)), quantiles(std::move(times))};
  }

  [[nodiscard]] bool from_disk() const { return from_disk_; }

 private:
  const DiskOptions& options_;
  DiskSizes sizes_;
  const ProgressCallback& progress_;
  std::string block_;
  bool from_disk_ = true;
};

/// The line through what a small and a large file took.
Storage::Access access_of(const DiskSample& small, const DiskSample& large) {
  Storage::Access access;
  const Seconds more = large.time.median - small.time.median;
  if (more <= Seconds(0)) {
    access.bandwidth = large.bytes / large.time.median;
    return access;
  }
  access.bandwidth = (large.bytes - small.bytes) / more;
  access.latency = std::max(Seconds(0), small.time.median - small.bytes / access.bandwidth);
  return access;
}

}  // namespace

DiskSizes disk_sizes(CalibrateMode mode) { return mode == CalibrateMode::full ? DiskSizes{std::size_t{1} << 30U, 9, 2000} : DiskSizes{}; }

std::string_view to_string(DiskSample::What what) {
  constexpr std::array<std::string_view, kKinds> names{"read a large file", "read a small file", "write a large file",
                                                       "write a small file"};
  return names[static_cast<std::size_t>(what)];
}

DiskMeasurement measure_disk(const DiskOptions& options, const ProgressCallback& progress) {
  const DiskSizes& sizes = options.sizes;
  remove_left(options.folder);
  require_room(options.folder, 2 * sizes.large);
  const fs::path whole = fs::canonical(options.folder);
  Journal journal(options.journal, forerun::format("disk {} of {}, {} bytes", whole.string(), options.host, sizes.large));
  Bench bench(options, sizes, progress);
  DiskMeasurement measured;
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    const auto what = static_cast<DiskSample::What>(kind);
    if (const Journal::Entry* known = journal.find(kind)) {
      const auto bytes = static_cast<double>(bytes_of(what, sizes));
      measured.samples.push_back({what, Bytes(bytes), {known->sample.p10, known->sample.median, known->sample.p90}});
      continue;
    }
    const DiskSample sample = bench.run(what);
    journal.add(kind, {{{}, sample.time.median, sample.time.p10, sample.time.p90}, {}});
    measured.samples.push_back(sample);
  }
  measured.from_disk = bench.from_disk() && forgets(options.folder);
  return measured;
}

Storage disk_storage(const DiskMeasurement& measured) {
  Storage storage;
  storage.name = to_string(Storage::Kind::local_disk);
  storage.kind = Storage::Kind::local_disk;
  storage.read = access_of(measured.samples[1], measured.samples[0]);
  storage.write = access_of(measured.samples[3], measured.samples[2]);
  return storage;
}

}  // namespace forerun

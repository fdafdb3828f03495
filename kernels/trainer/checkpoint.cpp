#include "kernels/trainer/checkpoint.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <optional>
#include <string_view>

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/crc32c.hpp"
#include "io/descriptor.hpp"
#include "io/format.hpp"
#include "io/json.hpp"
#include "strategies/strategy_text.hpp"
#include "workloads/shape_text.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

static_assert(std::endian::native == std::endian::little, "checkpoints are written as numbers lie in memory");

constexpr int kFormat = 1;
constexpr std::size_t kLongestHead = std::size_t{1} << 20;
constexpr std::size_t kBlock = std::size_t{1} << 20;
constexpr std::size_t kChecksumBytes = sizeof(std::uint32_t);

[[noreturn]] void refuse(const fs::path& file, std::string what, std::string got = "", std::string allowed = "") {
  throw BadInput(Problem{.file = file.string(), .what = std::move(what), .got = std::move(got), .allowed = std::move(allowed)});
}

std::string_view bytes_of(std::span<const float> values) { return {reinterpret_cast<const char*>(values.data()), values.size_bytes()}; }

std::string head_text(const CheckpointHead& head, std::span<const StateArray> arrays) {
  Json training = Json::object();
  for (const auto& [key, value] : head.training) training[key] = value;
  Json lengths = Json::array();
  for (const StateArray& array : arrays) lengths.push_back({{"name", array.name}, {"numbers", array.values.size()}});
  return json_line(
      {{"forerun_checkpoint", kFormat}, {"step", head.step}, {"rank", head.rank}, {"training", training}, {"arrays", lengths}});
}

struct ArrayLength {
  std::string name;
  std::size_t numbers = 0;
};

/// A file that is read once, with its checksum along the way.
class CheckpointReader {
 public:
  explicit CheckpointReader(const fs::path& file) : path_(file), file_(::open(file.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (!file_.is_open()) refuse(file, errno == ENOENT ? "no such file" : "cannot be read: " + error_text(errno));
    struct stat status {};
    if (::fstat(file_.number(), &status) != 0) refuse(file, "cannot be read: " + error_text(errno));
    size_ = static_cast<std::size_t>(status.st_size);
    read_head();
  }

  [[nodiscard]] const CheckpointHead& head() const { return head_; }
  [[nodiscard]] const std::vector<ArrayLength>& arrays() const { return arrays_; }

  /// The next of the arrays' bytes.
  void read(char* to, std::size_t count) {
    fill(to, count);
    sum_ = crc32c({to, count}, sum_);
  }

  /// Reads what is left of the arrays, and checks the sum.
  void check_rest() {
    std::vector<char> block(kBlock);
    for (const ArrayLength& array : arrays_)
      for (std::size_t left = array.numbers * sizeof(float); left > 0;) {
        const std::size_t count = std::min(left, block.size());
        read(block.data(), count);
        left -= count;
      }
    check_sum();
  }

  void check_sum() {
    std::array<unsigned char, kChecksumBytes> stored{};
    fill(reinterpret_cast<char*>(stored.data()), stored.size());
    std::uint32_t expected = 0;
    for (std::size_t i = stored.size(); i-- > 0;) expected = expected << 8U | stored[i];
    if (expected != sum_)
      refuse(path_, "has a wrong checksum: its bytes are not those that were written", forerun::format("{:08x}", sum_),
             forerun::format("{:08x}", expected));
  }

 private:
  void fill(char* to, std::size_t count) {
    const std::size_t buffered = std::min(count, ahead_.size() - used_);
    std::copy_n(ahead_.data() + used_, buffered, to);
    used_ += buffered;
    for (std::size_t done = buffered; done < count;) {
      const ssize_t got = ::read(file_.number(), to + done, count - done);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) refuse(path_, "cannot be read: " + error_text(errno));
      if (got == 0) refuse(path_, "is cut off");
      done += static_cast<std::size_t>(got);
    }
  }

  void read_head() {
    int error = 0;
    ahead_ = read_up_to(file_, std::min(size_, kLongestHead), error);
    if (error != 0) refuse(path_, "cannot be read: " + error_text(error));
    const std::size_t end = ahead_.find('\n');
    const Json head = end == std::string::npos ? Json() : Json::parse(ahead_.substr(0, end), nullptr, false);
    if (!head.is_object() || !head.contains("forerun_checkpoint")) refuse(path_, "is no checkpoint, or cut off within its first line");
    try {
      if (const int format = head.at("forerun_checkpoint"); format != kFormat)
        refuse(path_, "is a checkpoint of another format", std::to_string(format), std::to_string(kFormat));
      head_.step = head.at("step"), head_.rank = head.at("rank");
      for (const auto& [key, value] : head.at("training").items()) head_.training.emplace_back(key, value.get<std::string>());
      for (const Json& array : head.at("arrays")) arrays_.push_back({array.at("name"), array.at("numbers")});
    } catch (const Json::exception&) {
      refuse(path_, "is no checkpoint: its first line lacks what one has");
    }
    used_ = end + 1;
    sum_ = crc32c({ahead_.data(), used_});
    check_size();
  }

  void check_size() const {
    std::size_t expected = used_ + kChecksumBytes;
    for (const ArrayLength& array : arrays_) {
      if (array.numbers > size_ / sizeof(float)) refuse(path_, "is cut off");
      expected += array.numbers * sizeof(float);
    }
    if (size_ != expected)
      refuse(path_, size_ < expected ? "is cut off" : "is longer than what was written", forerun::format("{} bytes", size_),
             std::to_string(expected));
  }

  fs::path path_;
  Descriptor file_;
  std::size_t size_ = 0;
  std::string ahead_;  // what was read to find the end of the first line
  std::size_t used_ = 0;
  std::uint32_t sum_ = 0;
  CheckpointHead head_;
  std::vector<ArrayLength> arrays_;
};

std::string difference(const TrainingIdentity& theirs, const TrainingIdentity& ours) {
  const auto value_in = [](const TrainingIdentity& all, const std::string& key) {
    const auto found = std::ranges::find(all, key, &std::pair<std::string, std::string>::first);
    return found == all.end() ? std::string("not said") : found->second;
  };
  std::string text;
  for (const auto& [key, value] : ours)
    if (const std::string other = value_in(theirs, key); other != value)
      text += forerun::format("{}{} is {} (here {})", text.empty() ? "" : ", ", key, other, value);
  return text;
}

void check_head(const fs::path& file, const CheckpointHead& found, const CheckpointHead& wanted) {
  if (const std::string other = difference(found.training, wanted.training); !other.empty())
    refuse(file, "is of another training: " + other);
  if (found.step != wanted.step) refuse(file, "is of another step", std::to_string(found.step), std::to_string(wanted.step));
  if (found.rank != wanted.rank) refuse(file, "is another rank's", std::to_string(found.rank), std::to_string(wanted.rank));
}

/// Its name, and a checksum of what decides the layers' arrays and arithmetic.
std::string network_text(const Workload& workload) {
  std::string layers = shape_text(workload.input);
  for (const Layer& layer : workload.layers) {
    const LayerShape& shape = layer.shape;
    layers += forerun::format("; {} {} {} {} {} {} {} {} {} {} {}", to_string(shape.kind), shape_text(shape.input),
                              shape_text(shape.output), window_text(shape), shape.bias, shape.groups, shape.rows, shape.attention.heads,
                              shape.attention.dropout, layer.tied_to, layer.frozen);
    const Attention& attention = shape.attention;
    layers +=
        forerun::format(" {} {} {} {} {} {} {} {} {}", layer.by_position, shape.sparse, shape.experts, shape.operands, attention.key_heads,
                        attention.key_channels, attention.value_channels, attention.keys, to_string(attention.method));
    for (const int input : layer.inputs) layers += forerun::format(" {}", input);
  }
  return forerun::format("{} {:08x}", workload.name, crc32c(layers));
}

}  // namespace

TrainingIdentity training_identity(const Scenario& scenario, const std::string& data) {
  const Workload& workload = scenario.workload;
  return {{"network", network_text(workload)},
          {"batch", std::to_string(workload.batch)},
          {"optimizer", std::string(to_string(workload.optimizer))},
          {"strategy", strategy_text(scenario.strategy)},
          {"seed", std::to_string(scenario.run.seed)},
          {"data", data}};
}

void write_checkpoint(const fs::path& file, const CheckpointHead& head, std::span<const StateArray> arrays) {
  const std::string first = head_text(head, arrays);
  AtomicFile whole(file);
  std::uint32_t sum = crc32c(first);
  whole.write(first);
  for (const StateArray& array : arrays) {
    const std::string_view bytes = bytes_of(array.values);
    sum = crc32c(bytes, sum);
    whole.write(bytes);
  }
  std::string last;
  for (std::size_t i = 0; i < kChecksumBytes; ++i) last += static_cast<char>(sum >> (8 * i) & 0xffU);
  whole.write(last);
  whole.commit();
}

void read_checkpoint(const fs::path& file, const CheckpointHead& head, std::span<const StateArray> arrays) {
  CheckpointReader reader(file);
  check_head(file, reader.head(), head);
  const bool same = std::ranges::equal(reader.arrays(), arrays, [](const ArrayLength& stored, const StateArray& array) {
    return stored.name == array.name && stored.numbers == array.values.size();
  });
  if (!same) refuse(file, "holds other arrays than this network has");
  for (const StateArray& array : arrays) reader.read(reinterpret_cast<char*>(array.values.data()), array.values.size_bytes());
  reader.check_sum();
}

void check_checkpoint(const fs::path& file, const CheckpointHead& head) {
  CheckpointReader reader(file);
  reader.check_rest();
  check_head(file, reader.head(), head);
}

std::string different_training(const fs::path& file, const TrainingIdentity& training) {
  try {
    CheckpointReader reader(file);
    std::string other = difference(reader.head().training, training);
    if (!other.empty()) reader.check_rest();
    return other;
  } catch (const BadInput&) {
    return {};
  }
}

}  // namespace forerun

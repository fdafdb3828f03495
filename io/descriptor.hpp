#pragma once

#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace forerun {

/// An open file of the operating system, closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] bool is_open() const { return number_ >= 0; }

 private:
  int number_;
};

/// The words of an errno value.
std::string error_text(int error);

/// BadInput: `file: cannot be written: WORDS`.
[[noreturn]] void cannot_write(const std::filesystem::path& file, int error);

/// Writes all of `text`, however often the system takes a part only. BadInput in the name of `file`.
void write_all(const Descriptor& descriptor, std::string_view text, const std::filesystem::path& file);

/// Reads up to `most` bytes from where the file stands. `error` is zero, or the errno value of what went wrong.
std::string read_up_to(const Descriptor& descriptor, std::size_t most, int& error);

}  // namespace forerun

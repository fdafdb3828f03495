#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace forerun {

/// A scalar as somebody wrote it, with where it stands. `file` may be an option such as `--set`.
struct Text {
  std::string value{};
  std::string file{};
  int line = 0;    ///< from 1; 0 where there is none
  int column = 0;  ///< from 1; 0 where there is none
  std::string key{};

  friend bool operator==(const Text&, const Text&) = default;
};

/// The parts of a text between commas; none of an empty text.
std::vector<std::string> between_commas(std::string_view text);

/// What is wrong with a text, located where the text stands; `got` is its value, shortened and without control characters.
Problem problem(const Text& text, std::string what, std::string allowed = "", std::string suggestion = "");

/// Collects what is wrong, so that a user sees all errors at once, up to kMost.
class Problems {
 public:
  static constexpr std::size_t kMost = 100;

  /// Each is kept once, as where several runs name the same file. Beyond kMost only says that there are more.
  void add(Problem problem);
  void add(const BadInput& error);

  /// Runs `read` and keeps the problems of the BadInput that it throws. True if it threw none.
  template <class Read>
  bool collect(Read&& read) {
    try {
      read();
      return true;
    } catch (const BadInput& error) {
      add(error);
      return false;
    }
  }

  [[nodiscard]] bool empty() const { return problems_.empty(); }
  /// Whether more would not be kept: a loop over what a stranger wrote may end here.
  [[nodiscard]] bool full() const { return problems_.size() > kMost; }
  [[nodiscard]] const std::vector<Problem>& all() const { return problems_; }

  /// Throws one BadInput with every problem collected; does nothing without any.
  void throw_if_any() const;

 private:
  std::vector<Problem> problems_;
};

}  // namespace forerun

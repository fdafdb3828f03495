#pragma once

#include <exception>
#include <string>
#include <vector>

namespace forerun {

/// One thing that is wrong with an input, as a person should read it:
/// `file:line:column: key: what (got X, allowed Y). Did you mean Z?` - empty parts are left out.
struct Problem {
  std::string file{};  ///< a file's name, or the option (`--workload`) that held the text
  int line = 0;        ///< from 1; 0 where there is none
  int column = 0;      ///< from 1; 0 where there is none
  std::string key{};
  std::string what{};
  std::string got{};
  std::string allowed{};
  std::string suggestion{};

  [[nodiscard]] std::string text() const;
  friend bool operator==(const Problem&, const Problem&) = default;
};

/// Bad input: malformed, zero, negative or unknown. Thrown at the boundary, before any engine starts, with every problem found:
/// those of a file together, by line.
class BadInput : public std::exception {
 public:
  explicit BadInput(Problem problem);
  explicit BadInput(std::vector<Problem> problems);

  [[nodiscard]] const std::vector<Problem>& problems() const { return problems_; }
  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::vector<Problem> problems_;
  std::string text_;
};

/// Something the design names that this build or machine cannot do: no MPI, no GPU, an axis not lowered yet.
class MissingCapability : public std::exception {
 public:
  explicit MissingCapability(std::string what) : text_(std::move(what)) {}
  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};

/// An engine broke off: a child died, a deadlock, a time limit.
class SimulationFailed : public std::exception {
 public:
  explicit SimulationFailed(std::string what) : text_(std::move(what)) {}
  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};

}  // namespace forerun

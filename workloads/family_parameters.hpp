#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/text.hpp"

namespace forerun {

/// A parameter with the value that it has, given or not, as a setting would write it.
struct FamilyParameter {
  std::string key;
  std::string value;
};

/// The parameters of a family of networks, as a model's file and settings give them: `layers`, `hidden`, ... A family asks for each by
/// its key and the value that holds without it. What is wrong is collected, and the fallback goes on until finish().
class FamilyParameters {
 public:
  /// Of two values with one key the later holds. `where` is what messages without a place of their own point at.
  FamilyParameters(std::vector<Text> given, Text where);

  std::int64_t integer(std::string_view key, std::int64_t fallback, std::int64_t least = 1, std::int64_t most = std::int64_t{1} << 31);
  double number(std::string_view key, double fallback, double least, double most);
  /// `true` or `false`.
  bool flag(std::string_view key, bool fallback);
  /// The index of the value in `choices`.
  std::size_t choice(std::string_view key, std::span<const std::string_view> choices, std::size_t fallback);
  /// Several whole numbers with commas between them: `3,4,6,3`.
  std::vector<std::int64_t> integers(std::string_view key, std::vector<std::int64_t> fallback, std::int64_t least = 1,
                                     std::int64_t most = std::int64_t{1} << 31);
  /// Several words with commas between them; empty where it is not given.
  std::vector<std::string> words(std::string_view key);

  [[nodiscard]] bool has(std::string_view key) const { return find(key) != nullptr; }

  /// Says that the parameters do not fit together, where `key` stands.
  void refuse(std::string_view key, const std::string& what, const std::string& allowed = "");

  /// One of two parameters that do not fit together, and what would be wrong with it.
  struct Misfit {
    std::string_view key;
    std::string what;
    std::string allowed;
  };
  /// Says so of the first, or of the other where a setting gave that one alone: it is to blame before a model's file.
  void refuse(const Misfit& one, const Misfit& other);

  /// Reports the keys that nobody asked for. BadInput with everything that is wrong, so that no network is built on fallbacks.
  void finish();
  [[nodiscard]] const Text& where() const { return where_; }

  /// What was asked for so far, with what was answered.
  [[nodiscard]] const std::vector<FamilyParameter>& used() const { return used_; }

 private:
  [[nodiscard]] const Text* find(std::string_view key) const;
  const Text* ask(std::string_view key);
  void note(std::string_view key, std::string value);

  std::vector<Text> given_;
  Text where_;
  Problems problems_;
  std::vector<std::string> asked_;
  std::vector<FamilyParameter> used_;
};

}  // namespace forerun

#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "io/text.hpp"
#include "io/yaml.hpp"

namespace forerun {

/// The keys of a `config.json`, and the parameters of a family that they become. What is wrong is collected until take().
/// A key that is absent or null has the value that the transformers library gives it.
class HuggingFaceConfig {
 public:
  explicit HuggingFaceConfig(const YamlNode& root) : root_(root) {}

  static constexpr std::int64_t kMost = std::int64_t{1} << 31;

  [[nodiscard]] bool has(std::string_view key) const { return find(key) != nullptr; }
  /// Whether the key is there as null, where its absence means something else.
  [[nodiscard]] bool is_null(std::string_view key) const;
  std::int64_t integer(std::string_view key, std::int64_t fallback, std::int64_t least = 1, std::int64_t most = kMost);
  bool flag(std::string_view key, bool fallback);
  double number(std::string_view key, double fallback);
  /// One number for both edges, or a list of height and width.
  struct Edges {
    std::int64_t height, width;
  };
  Edges edges(std::string_view key, std::int64_t fallback);
  /// Classes of a classifier: `num_labels`, or as many as `id2label` names; 2 without either.
  std::int64_t labels();

  /// The class in `architectures` without the model's prefix (`ForCausalLM`, `Model`), or `fallback` where it names none. Refuses one
  /// that is not in `known`.
  std::string architecture(std::string_view prefix, std::initializer_list<std::string_view> known, std::string_view fallback);
  /// The activation of this key in the words of our families. Refuses one with parameters of its own and an unknown one.
  std::string activation(std::string_view key, std::string_view fallback);

  /// Gives a parameter to the family. Messages about it point at `key`, or at the file where it is not there.
  void give(std::string_view parameter, std::string_view key, std::string value);
  void give(std::string_view parameter, std::string_view key, std::int64_t value) { give(parameter, key, std::to_string(value)); }
  /// Reads a whole number and gives it.
  std::int64_t pass(std::string_view parameter, std::string_view key, std::int64_t fallback, std::int64_t least = 1);
  void pass_flag(std::string_view parameter, std::string_view key, bool fallback);

  /// Refuses a value that would change what is counted in a way that is not modelled.
  void refuse(std::string_view key, const std::string& what, const std::string& allowed = "");
  void refuse_if(std::string_view key, std::string_view value);

  /// The parameters. BadInput with everything that is wrong.
  std::vector<Text> take();

 private:
  [[nodiscard]] const YamlNode* find(std::string_view key) const;

  const YamlNode& root_;
  Problems problems_;
  std::vector<Text> given_;
};

}  // namespace forerun

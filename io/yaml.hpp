#pragma once

#include <concepts>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "io/text.hpp"

namespace forerun {

/// A node of a YAML (or JSON) document and where it stands.
struct YamlNode {
  enum class Kind { null, scalar, mapping, sequence };
  Kind kind = Kind::null;
  Text text{};                       ///< a scalar's value; every node's position and the key it stands under, a long one cut
  std::vector<Text> keys{};          ///< a mapping's keys, in order, beside `children`
  std::vector<YamlNode> children{};  ///< a mapping's values or a sequence's items
  bool quoted = false;               ///< a scalar between quotes: in JSON a string, never a number or a truth value

  /// The value of a mapping's key, or null.
  [[nodiscard]] const YamlNode* find(std::string_view key) const;
};

/// Signs that may start a node of a document, unless a reader says otherwise: a node takes a hundred times the text of `1,`.
inline constexpr std::size_t kSignsLimit = std::size_t{3} << 16;

/// Reads one document. BadInput with line and column: syntax, no document or several, a repeated key, a key that is not
/// a scalar, more than 64 levels, an alias (refused: its expansion has no bound), more than kSignsLimit of the signs `, : ? [ {` and
/// dashes before a space. A file as read_file().
/// A character that JSON writes as two escaped surrogates is read as one; columns behind it on its line are 8 too small.
YamlNode read_yaml(const std::filesystem::path& file);

/// The same from a text; `name` stands for the file.
YamlNode read_yaml_text(std::string_view text, std::string_view name, std::size_t signs_limit = kSignsLimit);

/// Reads the keys of a mapping one by one and collects what is wrong: a node that is no mapping, a missing key, a key without
/// a value, a value of the wrong kind, a key that nobody asked for (with a suggestion).
///
///   Mapping mapping(node, problems);
///   mapping.required("nodes", [&](const Text& text) { nodes = parse_integer(text, 1, 1 << 20); });
///   mapping.optional("layers", [&](const YamlNode& layers) { ... });
///   mapping.finish();
class Mapping {
 public:
  Mapping(const YamlNode& node, Problems& problems);

  /// Calls `read` with the key's value: a scalar's Text, or any YamlNode, as `read` takes. BadInput it throws is collected.
  /// True if the key is there and was read without a problem.
  template <class Read>
  bool required(std::string_view key, Read&& read) {
    return visit(key, Presence::required, read);
  }
  template <class Read>
  bool optional(std::string_view key, Read&& read) {
    return visit(key, Presence::optional, read);
  }

  /// The key may be there, whatever its value.
  void skip(std::string_view key) { asked_.emplace(key); }

  /// Reports the keys that were not asked for.
  void finish();

 private:
  enum class Presence { required, optional };

  const YamlNode* look_up(std::string_view key, Presence presence);
  bool is_scalar(const YamlNode& node);

  template <class Read>
  bool visit(std::string_view key, Presence presence, Read& read) {
    const YamlNode* node = look_up(key, presence);
    if (node == nullptr) return false;
    if constexpr (std::invocable<Read&, const Text&>)
      return is_scalar(*node) && problems_.collect([&] { read(node->text); });
    else
      return problems_.collect([&] { read(*node); });
  }

  const YamlNode& node_;
  Problems& problems_;
  std::set<std::string, std::less<>> asked_;
};

/// The items of a sequence. BadInput for any other node.
const std::vector<YamlNode>& items(const YamlNode& sequence);

/// The text of a scalar. BadInput for any other node.
const Text& scalar(const YamlNode& node);

}  // namespace forerun

#include "io/yaml.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <sstream>

#include "io/file.hpp"
#include "io/format.hpp"

namespace forerun {
namespace {

constexpr std::size_t kDepthLimit = 64;
constexpr std::size_t kLongestKey = 80;  // in a message

/// Builds the tree from the parser's events, and refuses what no file of ours may hold as soon as it is seen.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::string_view file) : file_(file) {}

  YamlNode take() { return std::move(root_); }
  [[nodiscard]] const Problems& problems() const { return problems_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { leaf(YamlNode::Kind::null, mark, ""); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& value) override {
    leaf(YamlNode::Kind::scalar, mark, value, tag == "!");
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { throw BadInput(problem(at(mark), "aliases are not supported")); }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::sequence, mark);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::mapping, mark);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Level {
    YamlNode node;
    std::set<std::string> seen;  // keys of a mapping
  };

  [[nodiscard]] Text at(const YAML::Mark& mark) const { return {.file = file_, .line = mark.line + 1, .column = mark.column + 1}; }

  [[nodiscard]] bool awaits_key() const {
    return !levels_.empty() && levels_.back().node.kind == YamlNode::Kind::mapping &&
           levels_.back().node.keys.size() == levels_.back().node.children.size();
  }

  // The key of a value is the innermost mapping key above it, so that a sequence's items are named after the sequence.
  [[nodiscard]] std::string key() const {
    if (levels_.empty()) return "";
    const YamlNode& parent = levels_.back().node;
    // Every item of a list carries it.
    return parent.kind == YamlNode::Kind::mapping ? parent.keys.back().value.substr(0, kLongestKey) : parent.text.key;
  }

  void leaf(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& value, bool quoted = false) {
    Text text = at(mark);
    text.value = value;
    if (awaits_key()) {
      if (kind == YamlNode::Kind::null) throw BadInput(problem(text, "a key is missing"));
      Level& level = levels_.back();
      text.key = value;
      if (!level.seen.insert(value).second) {
        Text repeated = text;
        repeated.value.clear();
        problems_.add(problem(repeated, "is given twice"));
      }
      level.node.keys.push_back(std::move(text));
      return;
    }
    text.key = key();
    add({.kind = kind, .text = std::move(text), .quoted = quoted});
  }

  void open(YamlNode::Kind kind, const YAML::Mark& mark) {
    Text text = at(mark);
    if (awaits_key()) throw BadInput(problem(text, "a key is a list or a mapping: is a bracket before it left open?", "a name"));
    if (levels_.size() == kDepthLimit) throw BadInput(problem(text, "is nested too deeply", format("at most {} levels", kDepthLimit)));
    text.key = key();
    levels_.push_back({.node = {.kind = kind, .text = std::move(text)}, .seen = {}});
  }

  void close() {
    YamlNode node = std::move(levels_.back().node);
    levels_.pop_back();
    add(std::move(node));
  }

  void add(YamlNode node) {
    if (levels_.empty())
      root_ = std::move(node);
    else
      levels_.back().node.children.push_back(std::move(node));
  }

  std::string file_;
  std::vector<Level> levels_;
  YamlNode root_;
  Problems problems_;
};

/// The escaped UTF-16 unit that `text` starts with (`\ud83d`), or 0.
unsigned escaped_unit(std::string_view text) {
  constexpr std::size_t kLength = 6;
  unsigned unit = 0;
  if (text.size() < kLength || !text.starts_with("\\u")) return 0;
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + kLength, unit, 16);
  return error == std::errc() && end == text.data() + kLength ? unit : 0;
}

/// The text with pairs of escaped surrogates as the character that they stand for: the parser takes each of them for a character.
std::string joined_surrogates(std::string_view text) {
  if (text.find("\\u") == std::string_view::npos) return std::string(text);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const unsigned high = text[i] == '\\' ? escaped_unit(text.substr(i)) : 0;
    const unsigned low = high >= 0xd800 && high < 0xdc00 ? escaped_unit(text.substr(i + 6)) : 0;
    if (low < 0xdc00 || low > 0xdfff) {
      const std::size_t length = text[i] == '\\' && i + 1 < text.size() ? 2 : 1;  // a backslash and what it escapes
      out += text.substr(i, length);
      i += length;
      continue;
    }
    const unsigned character = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    for (const unsigned byte :
         {0xf0 | character >> 18, 0x80 | (character >> 12 & 0x3f), 0x80 | (character >> 6 & 0x3f), 0x80 | (character & 0x3f)})
      out += static_cast<char>(byte);
    i += 12;
  }
  return out;
}

/// How many signs in the text may start a node; none starts without one, but for the root.
std::size_t count_signs(std::string_view text) {
  using namespace std::string_view_literals;
  std::size_t signs = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool dash = c == '-' && (i + 1 == text.size() || " \t\r\n"sv.find(text[i + 1]) != std::string_view::npos);
    if (dash || c == ',' || c == ':' || c == '?' || c == '[' || c == '{') ++signs;
  }
  return signs;
}

/// The place just behind a text's last letter.
Text end_of(std::string_view text, Text place) {
  text = text.substr(0, text.find_last_not_of("\r\n") + 1);
  const std::size_t line_start = text.rfind('\n') + 1;  // npos + 1 is the text's start
  place.line = static_cast<int>(std::count(text.begin(), text.end(), '\n')) + 1;
  place.column = static_cast<int>(text.size() - line_start) + 1;
  return place;
}

/// What the parser says, where it speaks of its own grammar in other words.
std::string in_words(const std::string& message) {
  if (message == YAML::ErrorMsg::DOC_IN_SCALAR) return "a quote is not closed";
  if (message == YAML::ErrorMsg::END_OF_MAP_FLOW) return "a brace { is not closed, or a comma is missing";
  if (message == YAML::ErrorMsg::END_OF_SEQ_FLOW) return "a bracket [ is not closed, or a comma is missing";
  return message;
}

/// Where the parser stumbled, though never beyond the text's end.
Problem syntax_error(const YAML::Exception& error, std::string_view text, Text place) {
  const Text end = end_of(text, place);
  place.line = error.mark.line + 1;
  place.column = error.mark.column + 1;
  if (error.mark.is_null() || place.line > end.line) place = end;
  return problem(place, "YAML syntax: " + in_words(error.msg));
}

/// Of JSON that is cut short the parser says something else: it takes the open brace for a key.
void refuse_open(std::string_view text, Text place) {
  if (!text.starts_with('{') && !text.starts_with('[')) return;
  std::vector<std::size_t> open;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\') ++i;
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '{' || c == '[') open.push_back(i);
    if (c != '}' && c != ']') continue;
    if (open.empty()) return;
    if ((text[open.back()] == '{') != (c == '}')) break;
    open.pop_back();
  }
  if (open.empty()) return;
  const std::string_view before = text.substr(0, open.back());
  place.line = static_cast<int>(std::ranges::count(before, '\n')) + 1;
  place.column = static_cast<int>(before.size() - (before.rfind('\n') + 1)) + 1;
  const char* what = text[open.back()] == '{' ? "this brace { is not closed" : "this bracket [ is not closed";
  throw BadInput(problem(place, std::string("YAML syntax: ") + what));
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (keys[i].value == key) return &children[i];
  return nullptr;
}

YamlNode read_yaml(const std::filesystem::path& file) { return read_yaml_text(read_file(file), file.string()); }

YamlNode read_yaml_text(std::string_view text, std::string_view name, std::size_t signs_limit) {
  const Text whole{.file = std::string(name)};
  text = checked_text(text, name);
  if (count_signs(text) > signs_limit)
    throw BadInput(problem(whole, "holds too many values", format("at most {} of the signs , : ? [ {{ and dashes", signs_limit)));
  // The parser accepts a file that ends inside a quoted text, unless an end of the document is marked.
  std::istringstream stream{joined_surrogates(text) + "\n...\n"};
  TreeBuilder builder(name);
  TreeBuilder second(name);
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) throw BadInput(problem(whole, "is empty"));
    if (parser.HandleNextDocument(second)) throw BadInput(problem(whole, "holds more than one document"));
  } catch (const YAML::Exception& error) {
    refuse_open(text, whole);
    throw BadInput(syntax_error(error, text, whole));
  } catch (const BadInput&) {
    refuse_open(text, whole);
    throw;
  }
  builder.problems().throw_if_any();
  YamlNode root = builder.take();
  if (root.kind == YamlNode::Kind::null) throw BadInput(problem(whole, "is empty"));
  return root;
}

}  // namespace forerun

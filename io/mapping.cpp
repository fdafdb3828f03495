#include "io/suggest.hpp"
#include "io/yaml.hpp"

namespace forerun {
namespace {

std::string_view noun(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::null: return "nothing";
    case YamlNode::Kind::scalar: return "a single value";
    case YamlNode::Kind::mapping: return "a mapping";
    case YamlNode::Kind::sequence: return "a list";
  }
  return "";
}

Problem wrong_kind(const YamlNode& node, YamlNode::Kind wanted) {
  Text where = node.text;
  where.value = noun(node.kind);
  return problem(where, "has the wrong form", std::string(noun(wanted)));
}

}  // namespace

const std::vector<YamlNode>& items(const YamlNode& sequence) {
  if (sequence.kind != YamlNode::Kind::sequence) throw BadInput(wrong_kind(sequence, YamlNode::Kind::sequence));
  return sequence.children;
}

const Text& scalar(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::scalar) throw BadInput(wrong_kind(node, YamlNode::Kind::scalar));
  return node.text;
}

Mapping::Mapping(const YamlNode& node, Problems& problems) : node_(node), problems_(problems) {
  if (node.kind != YamlNode::Kind::mapping) problems_.add(wrong_kind(node, YamlNode::Kind::mapping));
}

const YamlNode* Mapping::look_up(std::string_view key, Presence presence) {
  asked_.emplace(key);
  if (node_.kind != YamlNode::Kind::mapping) return nullptr;  // said once, by the constructor
  const YamlNode* node = node_.find(key);
  if (node == nullptr) {
    if (presence == Presence::required) {
      Text where = node_.text;
      where.key = key;
      problems_.add(problem(where, "is missing"));
    }
    return nullptr;
  }
  if (node->kind == YamlNode::Kind::null) {
    problems_.add(problem(node->text, "has no value"));
    return nullptr;
  }
  return node;
}

bool Mapping::is_scalar(const YamlNode& node) {
  return problems_.collect([&] { scalar(node); });
}

void Mapping::finish() {
  const std::vector<std::string_view> known(asked_.begin(), asked_.end());
  for (const Text& key : node_.keys) {
    if (asked_.contains(key.value)) continue;
    Text where = key;
    where.value.clear();
    if (problems_.full()) return;
    problems_.add(problem(where, "unknown key", listed(known), suggest(key.value, known)));
  }
}

}  // namespace forerun

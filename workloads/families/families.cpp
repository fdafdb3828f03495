#include <algorithm>
#include <array>

#include "workloads/families/family.hpp"

namespace forerun {

namespace {

constexpr std::array kFamilies{
    Family{"gpt", "decoder-only transformer with learned positions and layer norms: GPT-2, GPT-3, Megatron", build_gpt},
};

}  // namespace

std::span<const Family> families() { return kFamilies; }

const Family* find_family(std::string_view name) {
  const auto found = std::ranges::find(kFamilies, name, &Family::name);
  return found == kFamilies.end() ? nullptr : &*found;
}

}  // namespace forerun

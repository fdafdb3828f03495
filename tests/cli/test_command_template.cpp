#include <catch2/catch.hpp>

#include "cli/search/command_template.hpp"
#include "core/error.hpp"

using namespace forerun;
using Words = std::vector<std::string>;

namespace {

SpaceEntry entry(const std::string& name, std::vector<std::pair<std::string, std::string>> settings, const std::string& excluded = "") {
  return {.candidate = {.name = name, .excluded = excluded}, .settings = std::move(settings)};
}

}  // namespace

TEST_CASE("placeholders are names in braces, and everything else in braces is the command's own") {
  const SearchSpace space{.entries = {entry("a b", {{"platform.nodes", "4"}, {"kind of disk", "ssd"}})}};
  const auto word = [&](const std::string& text) { return CommandTemplate({text}, space).words_for(space.entries[0]).front(); };
  CHECK(word("{candidate}/{platform.nodes}{platform.nodes}") == "a b/44");
  CHECK(word("on {kind of disk}.") == "on ssd.");
  CHECK(word("${candidate} {} {a,b} {print $1} {x") == "${candidate} {} {a,b} {print $1} {x");
  CHECK(word("{{candidate}}") == "{a b}");
  CHECK_THROWS_AS(word("{nodes}"), BadInput);
}

TEST_CASE("a setting that an excluded configuration alone lacks is no mistake") {
  const SearchSpace space{.entries = {entry("a", {{"nodes", "4"}}), entry("b", {}, "no quota")}};
  CHECK(CommandTemplate({"run", "{nodes}"}, space).words_for(space.entries[0]) == Words{"run", "4"});
  const SearchSpace both{.entries = {entry("a", {{"nodes", "4"}}), entry("b", {})}};
  CHECK_THROWS_AS(CommandTemplate({"run", "{nodes}"}, both), BadInput);
}

TEST_CASE("what a command finds in its environment has names that a shell can read") {
  CHECK(variables_for(entry("a b", {{"platform.nodes", "4"}, {"Disk-kind 2", "x"}}), 7) ==
        Words{"FORERUN_RUN=7", "FORERUN_CANDIDATE=a b", "FORERUN_PLATFORM_NODES=4", "FORERUN_DISK_KIND_2=x"});
}

#include <catch2/catch.hpp>
#include <map>
#include <optional>

#include "core/error.hpp"
#include "strategies/lower.hpp"
#include "tests/support/random_strategies.hpp"

using namespace forerun;
using test::Form;
using test::RandomScenarios;

namespace {

constexpr std::array kAbsurd{"0",   "-1", "1.5", "two", "1000000000000", "18446744073709551616", "-9223372036854775809", "1e3", "0x10",
                             "2 3", "+2", "nan", "2x",  "\xE2\x88\x9E"};

/// The problems that a strategy's text has.
std::vector<Problem> problems_of(const std::string& text) {
  try {
    parse_strategy({text, "test", 0, 0, ""});
  } catch (const BadInput& bad) {
    return bad.problems();
  }
  return {};
}

void require_refused(const std::string& axis, const std::string& value, const std::string& before = "") {
  const std::vector<Problem> problems = problems_of(before + axis + "=" + value);
  INFO(axis << "=" << value);
  REQUIRE(problems.size() == 1);
  REQUIRE(problems.front().key == axis);
  REQUIRE(problems.front().what != "");
  REQUIRE(problems.front().allowed != "");
}

}  // namespace

TEST_CASE("every degree that is zero, negative, no whole number or beyond all counting is refused by its name", "[limit]") {
  for (const char* axis :
       {"data", "tensor", "pipeline", "context", "expert", "filter", "channel", "micro-batch", "micro-batches", "interleave", "servers"})
    for (const char* value : kAbsurd) require_refused(axis, value);
  for (const std::string value : kAbsurd) {
    require_refused("spatial", value + "x2");
    require_refused("spatial", "2x" + value);
    require_refused("spatial", value == "2x" ? "x" : value);
    if (value == "0") continue;
    require_refused("zero", value);
    require_refused("backup-workers", value, "servers=1,");
  }
}

namespace {

std::string reason_of(const Scenario& scenario) {
  const auto lowered = lower(scenario);
  return std::holds_alternative<Infeasible>(lowered) ? std::get<Infeasible>(lowered).reason : "";
}

/// What a reason has to say: one of the strategy's settings as it was written, or how much of what there is was asked for.
bool names_its_reason(const std::string& reason, const Scenario& scenario) {
  std::vector<Text> settings;
  std::string rest = strategy_text(scenario.strategy);
  for (std::size_t end = 0; end != std::string::npos; rest.erase(0, end + 1)) {
    end = rest.find(',');
    if (const std::string setting = rest.substr(0, end); reason.find(setting) != std::string::npos) return true;
    if (end == std::string::npos) break;
  }
  const auto says = [&](const std::string& words) { return reason.find(words) != std::string::npos; };
  const Platform& platform = scenario.platform;
  if (says("needs " + std::to_string(scenario.strategy.ranks()) + " devices, ") && says("nodes=" + std::to_string(platform.nodes)))
    return true;
  if (says(std::to_string(scenario.strategy.servers) + " servers ") ||
      says("of " + std::to_string(scenario.strategy.servers) + " holds no"))
    return true;
  return says(" of memory") && (says("activations ") || says("weights ")) && says("the platform has ");
}

/// A way to make a strategy that cannot be.
struct Spoil {
  const char* what;
  void (*apply)(Scenario& scenario, test::Dice& dice);
};

constexpr std::array kSpoils{
    Spoil{"data",
          [](Scenario& s, test::Dice& d) {
            s.strategy.data *= d.pick({5, 7, 64, 1000});
          }},
    Spoil{"tensor",
          [](Scenario& s, test::Dice& d) {
            s.strategy.tensor = d.pick({3, 5, 7, 16, 64, 1000});
          }},
    Spoil{"pipeline",
          [](Scenario& s, test::Dice& d) {
            s.strategy.pipeline = d.pick({5, 11, 17, 1000});
          }},
    Spoil{"interleave",
          [](Scenario& s, test::Dice& d) {
            s.strategy.pipeline = d.pick({2, 3, 4});
            s.strategy.interleave = d.pick({2, 3, 7});
            s.strategy.schedule = Schedule::interleaved;
          }},
    Spoil{"context",
          [](Scenario& s, test::Dice& d) {
            s.strategy.context = d.pick({3, 5, 256, 1000});
          }},
    Spoil{"expert",
          [](Scenario& s, test::Dice& d) {
            s.strategy.expert = d.pick({3, 5, 8, 1000});
          }},
    Spoil{"filter",
          [](Scenario& s, test::Dice& d) {
            s.strategy.filter = d.pick({3, 7, 512, 1000});
          }},
    Spoil{"channel",
          [](Scenario& s, test::Dice& d) {
            s.strategy.channel = d.pick({3, 7, 512, 1000});
          }},
    Spoil{"spatial",
          [](Scenario& s, test::Dice& d) {
            s.strategy.spatial = {d.pick({7, 64, 500}), d.pick({1, 2, 100})};
          }},
    Spoil{"micro-batch",
          [](Scenario& s, test::Dice& d) {
            s.strategy.micro_batches = 1, s.strategy.micro_batch = d.pick({5, 64, 1000});
          }},
    Spoil{"micro-batches",
          [](Scenario& s, test::Dice& d) {
            s.strategy.micro_batches = d.pick({5, 11, 1000});
          }},
    Spoil{"servers",
          [](Scenario& s, test::Dice& d) {
            s.strategy.servers = d.pick({5, 20, 1000});
          }},
    Spoil{"devices", [](Scenario& s, test::Dice&) { s.platform.nodes = s.platform.devices_per_node = 1; }},
    Spoil{"memory", [](Scenario& s, test::Dice& d) { s.platform.device_memory = s.platform.memory_per_node = Bytes(d.scale(1e3, 1e6)); }},
};

}  // namespace

TEST_CASE("whatever cannot be says which setting is in the way, with its number", "[limit]") {
  RandomScenarios scenarios(99);
  std::map<std::string, int> infeasible;
  for (const Spoil& spoil : kSpoils)
    for (const Form& form : test::kForms)
      for (int i = 0; i < 10; ++i) {
        Scenario scenario = scenarios.draw(form);
        if (std::string_view(spoil.what) == "servers" && scenario.strategy.servers == 0) continue;
        spoil.apply(scenario, scenarios.dice);
        if (std::string_view(spoil.what) != "devices")
          scenario.platform.nodes = std::max(scenario.platform.nodes, scenario.strategy.ranks());
        INFO(spoil.what << " of " << form.name << ": " << strategy_text(scenario.strategy) << " of " << scenario.workload.name << ", batch "
                        << scenario.workload.batch);
        try {
          const auto lowered = lower(scenario);
          if (!std::holds_alternative<Infeasible>(lowered)) continue;
          const std::string& reason = std::get<Infeasible>(lowered).reason;
          INFO(reason);
          CHECK(names_its_reason(reason, scenario));
          ++infeasible[spoil.what];
        } catch (const MissingCapability&) {
          ++infeasible["not modelled"];
        }
      }
  for (const Spoil& spoil : kSpoils) {
    INFO(spoil.what);
    CHECK(infeasible[spoil.what] >= 30);
  }
}

TEST_CASE("a degree that does not divide is infeasible, and what it does not divide is named") {
  struct Case {
    const char* strategy;
    Form::Network network;
    const char* reason;
  };
  RandomScenarios scenarios(7);
  for (const Case& given :
       {Case{"data=5", Form::Network::small, "batch 24 does not divide by data=5"},
        Case{"data=2,micro-batch=5", Form::Network::small, "12 samples a rank do not divide by micro-batch=5"},
        Case{"data=2,micro-batches=7", Form::Network::small, "12 samples a rank do not divide by micro-batches=7"},
        Case{"pipeline=3,interleave=2,micro-batches=4", Form::Network::transformer, "pipeline=3,interleave=2: "},
        Case{"pipeline=24", Form::Network::transformer, "pipeline=24: "}, Case{"tensor=3", Form::Network::transformer, "tensor=3"},
        Case{"context=3", Form::Network::transformer, "context=3"},
        Case{"data=3,expert=2", Form::Network::experts, "expert=2 does not divide the 3 ranks of data x context"},
        Case{"data=3,expert=3", Form::Network::experts, "expert=3"}}) {
    Scenario scenario = scenarios.draw({"given", given.network, [](test::Dice&) { return std::string("data=1"); }});
    scenario.strategy = parse_strategy({given.strategy, "test", 0, 0, ""});
    scenario.workload.batch = 24;
    scenario.platform.nodes = scenario.strategy.ranks();
    INFO(given.strategy);
    CHECK_THAT(reason_of(scenario), Catch::Contains(given.reason));
  }
}

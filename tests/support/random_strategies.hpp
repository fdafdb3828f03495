#pragma once

#include <array>
#include <cmath>
#include <initializer_list>
#include <map>
#include <random>
#include <string>
#include <string_view>

#include "core/scenario.hpp"
#include "costs/calibration_file.hpp"
#include "platforms/load.hpp"
#include "strategies/strategy_text.hpp"
#include "tests/support/convolutions.hpp"
#include "workloads/load.hpp"

namespace forerun::test {

class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}

  int number(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  bool one_in(int many) { return number(1, many) == 1; }
  template <class T>
  T pick(std::initializer_list<T> values) {
    return values.begin()[number(0, static_cast<int>(values.size()) - 1)];
  }
  /// Evenly over orders of magnitude.
  double scale(double low, double high) { return low * std::pow(high / low, std::uniform_real_distribution<double>(0, 1)(random_)); }
  std::string setting(const char* key, std::initializer_list<const char*> values) { return std::string(",") + key + "=" + pick(values); }
  std::string setting(const char* key, int value) { return std::string(",") + key + "=" + std::to_string(value); }

 private:
  std::mt19937_64 random_;
};

/// A way to train in parallel, and how strategies of it are drawn: the text, of a network that has what they split.
struct Form {
  enum class Network { any, transformer, experts, convolutions, small };
  std::string_view name;
  Network network = Network::any;
  std::string (*draw)(Dice& dice) = nullptr;
};

namespace drawn {

inline std::string degree(Dice& d, const char* key) { return std::string(key) + "=" + std::to_string(d.pick({2, 3, 4})); }
inline std::string recompute(Dice& d) { return d.one_in(3) ? d.setting("recompute", {"selective", "full"}) : ""; }
inline std::string micro_batches(Dice& d) { return d.one_in(2) ? d.setting("micro-batches", d.number(2, 9)) : ""; }
inline std::string buckets(Dice& d) {
  return d.one_in(2) ? d.setting("bucket", {"20KiB", "300KiB", "2MiB"}) + d.setting("first-bucket", {"4B", "10KiB", "1MiB"}) : "";
}
inline std::string algorithm(Dice& d) {
  return d.one_in(3) ? d.setting("collective", {"auto", "ring", "recursive-halving-doubling", "tree", "hierarchical"}) : "";
}
inline std::string replicas(Dice& d) { return buckets(d) + algorithm(d) + micro_batches(d) + recompute(d); }
inline std::string heads(Dice& d) {
  return d.setting("runtime", {"megatron", "forerun"}) + d.setting("overlap", {"none", "data", "tensor", "all"});
}
inline std::string order(Dice& d) { return d.one_in(4) ? ",order=data-tensor" : ""; }

/// `stages` of it and what goes with them, micro-batches a multiple where the schedule wants it.
inline std::string schedule(Dice& d, std::string_view name, int stages) {
  const bool interleaved = name == "interleaved";
  std::string text = "pipeline=" + std::to_string(stages) + ",schedule=" + std::string(name);
  text += d.setting("micro-batches", interleaved ? stages * d.number(1, 4) : d.number(1, 13));
  return interleaved ? text + d.setting("interleave", 2) : text;
}
inline std::string any_schedule(Dice& d) { return schedule(d, d.pick({"gpipe", "1f1b", "interleaved", "zb-h1"}), d.pick({2, 2, 3})); }
inline std::string grid(Dice& d) { return d.pick({"spatial=2x1", "spatial=1x2", "spatial=2x2", "spatial=4x1"}); }
inline std::string sharing(Dice& d) { return d.setting("zero", {"0", "0", "1", "2"}); }

}  // namespace drawn

/// Every form that is lowered, alone and with others.
inline constexpr std::array kForms{
    Form{"serial", Form::Network::any, [](Dice& d) { return "data=1" + drawn::micro_batches(d) + drawn::recompute(d); }},
    Form{"data, all-reduce after", Form::Network::any,
         [](Dice& d) { return drawn::degree(d, "data") + ",overlap=none" + drawn::replicas(d); }},
    Form{"data, overlapped", Form::Network::any,
         [](Dice& d) {
           return drawn::degree(d, "data") + d.pick({",overlap=data", ",runtime=pytorch-ddp"}) + drawn::replicas(d);
         }},
    Form{"ZeRO 1", Form::Network::any,
         [](Dice& d) {
           return drawn::degree(d, "data") + ",zero=1" + d.setting("overlap", {"none", "data"}) + drawn::replicas(d);
         }},
    Form{"ZeRO 2", Form::Network::any,
         [](Dice& d) {
           return drawn::degree(d, "data") + ",zero=2" + d.setting("overlap", {"none", "data"}) + drawn::replicas(d);
         }},
    Form{"ZeRO 3", Form::Network::any,
         [](Dice& d) {
           return drawn::degree(d, "data") + ",zero=3" + d.setting("overlap", {"data", "all", "none", "tensor"}) + drawn::replicas(d);
         }},
    Form{"FSDP", Form::Network::transformer,
         [](Dice& d) { return drawn::degree(d, "data") + ",runtime=pytorch-fsdp" + drawn::micro_batches(d) + drawn::recompute(d); }},
    Form{"spatial", Form::Network::convolutions, [](Dice& d) { return drawn::grid(d) + drawn::replicas(d); }},
    Form{"filter", Form::Network::convolutions,
         [](Dice& d) {
           return d.pick({"filter=2", "filter=4"}) + drawn::replicas(d);
         }},
    Form{"channel", Form::Network::convolutions,
         [](Dice& d) {
           return d.pick({"channel=2", "channel=4"}) + drawn::replicas(d);
         }},
    Form{"data x spatial", Form::Network::convolutions,
         [](Dice& d) {
           return "data=2," + drawn::grid(d) + d.setting("overlap", {"none", "data"}) + drawn::sharing(d) + drawn::replicas(d);
         }},
    Form{"data x filter", Form::Network::convolutions,
         [](Dice& d) {
           return "data=3" + d.setting("filter", {"2", "4"}) + d.setting("overlap", {"none", "data"}) + drawn::replicas(d);
         }},
    Form{"data x channel", Form::Network::convolutions,
         [](Dice& d) {
           return "data=2" + d.setting("channel", {"2", "4"}) + d.setting("overlap", {"none", "data"}) + drawn::replicas(d);
         }},
    Form{"tensor", Form::Network::transformer,
         [](Dice& d) {
           return d.pick({"tensor=2", "tensor=4"}) + drawn::heads(d) + drawn::micro_batches(d) + drawn::recompute(d);
         }},
    Form{"tensor with sequence", Form::Network::transformer,
         [](Dice& d) {
           return d.pick({"tensor=2", "tensor=4"}) + std::string(",sequence-parallel=on") + drawn::heads(d) + drawn::micro_batches(d) +
                  drawn::recompute(d);
         }},
    Form{"context", Form::Network::transformer,
         [](Dice& d) {
           return d.pick({"context=2", "context=4"}) + drawn::heads(d) + drawn::micro_batches(d) + drawn::recompute(d);
         }},
    Form{"expert", Form::Network::experts,
         [](Dice& d) {
           return "data=4" + d.setting("expert", {"2", "4"}) + drawn::heads(d) + drawn::micro_batches(d) + drawn::recompute(d);
         }},
    Form{"GPipe", Form::Network::transformer,
         [](Dice& d) {
           return drawn::schedule(d, "gpipe", d.pick({2, 3, 4})) + drawn::heads(d) + drawn::recompute(d);
         }},
    Form{"1F1B", Form::Network::transformer,
         [](Dice& d) {
           return drawn::schedule(d, "1f1b", d.pick({2, 3, 4})) + drawn::heads(d) + drawn::recompute(d);
         }},
    Form{"interleaved", Form::Network::transformer,
         [](Dice& d) {
           return drawn::schedule(d, "interleaved", d.pick({2, 3})) + drawn::heads(d) + drawn::recompute(d);
         }},
    Form{"zero-bubble H1", Form::Network::transformer,
         [](Dice& d) {
           return drawn::schedule(d, "zb-h1", d.pick({2, 3, 4})) + drawn::heads(d) + drawn::recompute(d);
         }},
    Form{"data x tensor", Form::Network::transformer,
         [](Dice& d) { return "data=2,tensor=2" + drawn::heads(d) + drawn::sharing(d) + drawn::order(d) + drawn::replicas(d); }},
    Form{"data x pipeline", Form::Network::transformer,
         [](Dice& d) { return "data=2," + drawn::any_schedule(d) + drawn::heads(d) + drawn::sharing(d) + drawn::buckets(d); }},
    Form{"tensor x pipeline", Form::Network::transformer,
         [](Dice& d) {
           return "tensor=2," + drawn::any_schedule(d) + drawn::heads(d) + d.setting("sequence-parallel", {"on", "off"}) +
                  drawn::recompute(d);
         }},
    Form{"data x tensor x pipeline", Form::Network::transformer,
         [](Dice& d) {
           return "data=2,tensor=2," + drawn::any_schedule(d) + drawn::heads(d) + d.setting("sequence-parallel", {"on", "off"}) +
                  drawn::sharing(d) + drawn::recompute(d);
         }},
    Form{"data x context x tensor", Form::Network::transformer,
         [](Dice& d) {
           return "data=2,context=2" + d.setting("tensor", {"1", "2"}) + drawn::heads(d) + drawn::sharing(d) + drawn::replicas(d);
         }},
    Form{"expert x tensor", Form::Network::experts,
         [](Dice& d) {
           return "data=4,tensor=2" + d.setting("expert", {"2", "4"}) + drawn::heads(d) + drawn::micro_batches(d);
         }},
    Form{"expert x pipeline", Form::Network::experts,
         [](Dice& d) { return "data=2,expert=2," + drawn::any_schedule(d) + drawn::heads(d); }},
    Form{"servers, synchronous", Form::Network::small,
         [](Dice& d) {
           return drawn::degree(d, "data") + d.setting("servers", {"1", "2", "3"}) + d.setting("overlap", {"none", "data"}) +
                  drawn::micro_batches(d) + d.setting("variables", {"round-robin", "by-size", "partitioned"});
         }},
    Form{"servers, backup workers", Form::Network::small,
         [](Dice& d) {
           return drawn::degree(d, "data") + d.setting("servers", {"1", "2"}) + d.setting("backup-workers", {"1", "2"}) +
                  d.setting("variables", {"round-robin", "by-size", "partitioned"});
         }},
    Form{"servers beside workers", Form::Network::small,
         [](Dice& d) {
           return "data=4,server-nodes=shared" + d.setting("servers", {"1", "2"}) + d.setting("node-reduction", {"on", "off"}) +
                  d.setting("variables", {"round-robin", "by-size"});
         }},
    Form{"servers, asynchronous", Form::Network::small,
         [](Dice& d) {
           return drawn::degree(d, "data") + ",sync=off" + d.setting("servers", {"1", "2"}) + d.setting("overlap", {"none", "data"}) +
                  d.setting("variables", {"round-robin", "by-size"});
         }},
};

/// Scenarios of small networks on a few devices; what takes long to read is read once.
class RandomScenarios {
 public:
  explicit RandomScenarios(unsigned seed) : dice(seed) {}

  Dice dice;

  /// A strategy of the form, a network with what it splits, and a machine with enough devices whose links may be slow.
  Scenario draw(const Form& form) {
    Scenario scenario;
    scenario.strategy = parse_strategy(word(form.draw(dice)));
    scenario.workload = network(form.network);
    scenario.workload.batch = scenario.strategy.data * scenario.strategy.micro_batches * dice.number(1, 3);
    scenario.platform = machine(scenario.strategy);
    scenario.calibration = calibration(scenario.platform.calibration);
    scenario.run.steps = dice.pick({1, 2, 3, 6, 9});
    // As fast, from a disk of the node: what is drawn stays as it is.
    if (scenario.platform.loader_rate > 0 && scenario.platform.devices_per_node != 2) read_from_disks(scenario);
    return scenario;
  }

 private:
  static void read_from_disks(Scenario& scenario) {
    Platform& platform = scenario.platform;
    scenario.workload.files = {Bytes(1000), 1, Seconds(0.5 / platform.loader_rate)};
    platform.data =
        Storage{.name = "disk", .read = {BytesPerSecond(1000 * platform.loader_rate), 2 * platform.loader_rate, {}, Seconds(1e-6)}};
    scenario.input.prefetch = platform.devices_per_node % 3;
    platform.loader_rate = 0;
  }

  static Text word(std::string value, std::string key = "") { return {std::move(value), "test", 0, 0, std::move(key)}; }

  Workload network(Form::Network kind) {
    if (kind == Form::Network::any) kind = dice.pick({Form::Network::transformer, Form::Network::convolutions, Form::Network::small});
    if (kind == Form::Network::small) return loaded(dice.pick({"mlp", "mnist-cnn", "logistic-regression"}), {});
    if (kind == Form::Network::convolutions) {
      if (dice.one_in(4)) return loaded(dice.pick({"vgg11-cifar10", "resnet32-cifar10"}), {});
      const std::int64_t wide = dice.pick({16, 64, 256});
      return dice.one_in(2) ? convolutions({4, wide, wide, 2 * wide}, 32) : convolutions({8, 32, wide, wide, wide, 32}, 16);
    }
    std::map<std::string, std::string> settings{{"hidden", dice.pick({"64", "256"})},           {"heads", "8"},
                                                {"sequence", dice.pick({"32", "128"})},         {"vocabulary", "1000"},
                                                {"layers", std::to_string(dice.number(6, 13))}, {"precision", dice.pick({"fp16", "fp32"})}};
    if (dice.one_in(3)) settings["gradients"] = "fp32";
    if (kind == Form::Network::experts) settings["experts"] = "4", settings["top-k"] = "2", settings["layers"] = dice.pick({"4", "6"});
    if (dice.one_in(2)) return loaded("gpt2", settings);
    settings["kv-heads"] = dice.pick({"4", "8"});
    return loaded("llama2-7b", settings);
  }

  /// Links from data sheets, and ones up to a hundred thousand times slower; loading samples takes time in every sixth.
  Platform machine(const Strategy& strategy) {
    Platform platform = loaded(dice.pick({"dgx-a100-80gb", "dgx1-v100", "dgx-h100"}));
    platform.devices_per_node = dice.pick({1, 2, 2, 4, 8});
    const int workers = strategy.ranks() - (strategy.server_nodes == ServerNodes::own ? strategy.servers : 0);
    platform.nodes = (workers + platform.devices_per_node - 1) / platform.devices_per_node + strategy.servers;
    if (dice.one_in(2)) platform.inter_node.bandwidth *= dice.scale(1e-5, 1);
    if (dice.one_in(2)) platform.intra_node.bandwidth *= dice.scale(1e-5, 1);
    if (dice.one_in(4)) platform.inter_node.latency *= dice.scale(1, 1000);
    if (dice.one_in(2)) platform.library = CollectiveLibrary::none;
    if (strategy.servers == 0 && dice.one_in(6)) platform.loader_rate = dice.scale(10, 1e5);
    return platform;
  }

  Workload loaded(const std::string& name, const std::map<std::string, std::string>& settings) {
    const auto known = workloads_.find({name, settings});
    if (known != workloads_.end()) return known->second;
    std::vector<Text> given;
    for (const auto& [key, value] : settings) given.push_back(word(value, key));
    return workloads_[{name, settings}] = load_workload(word(name), given);
  }
  Platform loaded(const std::string& name) {
    if (!platforms_.contains(name)) platforms_[name] = load_platform(word(name), {});
    return platforms_[name];
  }
  std::shared_ptr<const Calibration> calibration(const std::string& name) {
    if (!calibrations_.contains(name)) calibrations_[name] = load_calibration(word(name));
    return calibrations_[name];
  }

  std::map<std::pair<std::string, std::map<std::string, std::string>>, Workload> workloads_;
  std::map<std::string, Platform> platforms_;
  std::map<std::string, std::shared_ptr<const Calibration>> calibrations_;
};

}  // namespace forerun::test

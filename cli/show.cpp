#include <CLI/CLI.hpp>
#include <array>
#include <memory>
#include <utility>

#include "cli/calibration_page.hpp"
#include "cli/platform_page.hpp"
#include "cli/run_text.hpp"
#include "cli/scenario.hpp"
#include "cli/show_pages.hpp"
#include "cli/verbs.hpp"
#include "cli/workload_page.hpp"
#include "costs/calibration_file.hpp"
#include "costs/price.hpp"
#include "platforms/load.hpp"
#include "platforms/picture.hpp"
#include "sim/route_reader.hpp"
#include "strategies/lower.hpp"
#include "workloads/chakra/write.hpp"
#include "workloads/load.hpp"

namespace forerun {
namespace {

struct ShowOptions {
  std::string name;
  ScenarioOptions scenario;
  OutputOptions output;
  bool times = false;
  std::string chakra;
  bool all = false;
  bool dot = false;
};

Text argument(const std::string& name, const char* what) { return {name, what, 0, 0, ""}; }

/// Settings of one prefix; those of another are bad input.
Settings only(const ShowOptions& options, std::vector<Text> Settings::*allowed, Problems& problems) {
  Settings settings = divide_settings(scenario_text(options.scenario).settings, problems);
  constexpr std::array<std::pair<const char*, std::vector<Text> Settings::*>, 5> kParts{{{"workload", &Settings::workload},
                                                                                         {"platform", &Settings::platform},
                                                                                         {"run", &Settings::run},
                                                                                         {"input", &Settings::input},
                                                                                         {"calibration", &Settings::calibration}}};
  for (const auto& [prefix, part] : kParts)
    if (part != allowed)
      for (const Text& setting : settings.*part) problems.add(problem(named(setting, prefix), "has no meaning here"));
  problems.throw_if_any();
  return settings;
}

Page show_workload(const ShowOptions& options) {
  if (options.name.empty()) return workload_names_page();
  Problems problems;
  const LoadedWorkload loaded = load_described(argument(options.name, "workload"), only(options, &Settings::workload, problems).workload);
  const Blocks blocks = options.all ? Blocks::all : Blocks::folded;
  return options.dot ? workload_picture(loaded, blocks) : workload_page(loaded, blocks);
}

Page show_platform(const ShowOptions& options, const Environment& environment) {
  if (options.name.empty()) return names_page("platform", known_platforms());
  Problems problems;
  const Platform platform = load_platform(argument(options.name, "platform"), only(options, &Settings::platform, problems).platform,
                                          environment.search(), nullptr, sim::read_simgrid_routes);
  Page page = platform_page(platform);
  if (options.dot) page.text = platform_dot(platform);
  return page;
}

Page show_calibration(const ShowOptions& options, const Environment& environment) {
  return calibration_page(*load_calibration(argument(options.name, "calibration"), environment.search()));
}

ExitCode show_plan(const ShowOptions& options, const Environment& environment) {
  check_output(options.output);
  ScenarioReader reader(environment);
  const ReadScenario read = reader.read(scenario_text(options.scenario), options.times ? Times::needed : Times::not_needed);
  const auto lowered = lower(read.scenario);
  if (const auto* no = std::get_if<Infeasible>(&lowered)) {
    deliver(infeasible_page(no->reason), options.output);
    return ExitCode::no;
  }
  const auto& plan = std::get<StepPlan>(lowered);
  std::vector<Seconds> times;
  if (options.times)
    for (const OperationCost& cost : price(plan, read.scenario)) times.push_back(cost.duration());
  if (!options.chakra.empty()) chakra::write_traces(plan, times, options.chakra);
  deliver(plan_page(plan, read.scenario.workload, times), options.output);
  return ExitCode::success;
}

CLI::App* add_noun(CLI::App& show, const char* name, const char* what, ShowOptions& options) {
  CLI::App* noun = show.add_subcommand(name, what);
  add_output_options(*noun, options.output);
  return noun;
}

/// The callback that prints a page.
template <class Make>
std::function<void()> prints(const std::shared_ptr<ShowOptions>& options, Action& chosen, Make make) {
  return [options, &chosen, make] {
    chosen = [options, make] {
      check_output(options->output);
      deliver(make(*options), options->output);
      return ExitCode::success;
    };
  };
}

}  // namespace

void add_show(CLI::App& command, const Environment& environment, Action& chosen) {
  CLI::App* show = command.add_subcommand("show", "what a workload, platform, calibration or plan contains");
  show->require_subcommand(1);
  show->footer("Example:\n  forerun show workload mnist-cnn");
  const auto options = std::make_shared<ShowOptions>();

  CLI::App* workload = add_noun(*show, "workload", "layers with parameters, arithmetic and memory; all names without a name", *options);
  workload->add_option("name", options->name, "a name, or a file: YAML, ONNX or a Hugging Face config.json");
  workload->add_flag("--all", options->all, "each block, also where several are alike");
  workload->add_flag("--dot", options->dot, "the graph for Graphviz, in place of the table")->excludes("--format");
  add_setting_option(*workload, options->scenario);
  for (const char* flag : {"--all", "--dot"}) workload->get_option(flag)->needs(workload->get_option("name"));
  workload->footer(
      "Example:\n  forerun show workload gpt --set workload.layers=24\n  forerun show workload mnist-cnn --dot | dot -Tsvg -o cnn.svg");
  workload->callback(prints(options, chosen, show_workload));

  CLI::App* platform = add_noun(*show, "platform", "nodes, devices, memory, links and prices; all names without a name", *options);
  platform->add_option("name", options->name, "a name, PROVIDER:INSTANCE or a YAML file");
  add_setting_option(*platform, options->scenario);
  platform->add_flag("--dot", options->dot, "nodes, switches and cables for Graphviz, in place of the file")->excludes("--format");
  platform->get_option("--dot")->needs(platform->get_option("name"));
  platform->footer(
      "Example:\n  forerun show platform cpu-cluster --set platform.nodes=8\n  forerun show platform aws:p3.16xlarge\n"
      "  forerun show platform dgx-h100 --set platform.nodes=8 --dot | dot -Tsvg -o cluster.svg");
  platform->callback(prints(options, chosen, [&environment](const ShowOptions& o) { return show_platform(o, environment); }));

  CLI::App* calibration = add_noun(*show, "calibration", "fitted models with their samples and errors", *options);
  calibration->add_option("name", options->name, "a name or a file")->required();
  calibration->footer("Example:\n  forerun show calibration cpu-cluster");
  calibration->callback(prints(options, chosen, [&environment](const ShowOptions& o) { return show_calibration(o, environment); }));

  CLI::App* plan = add_noun(*show, "plan", "the operations of one training step, their lanes and what they wait for", *options);
  add_scenario_file(*plan, options->scenario);
  add_workload_option(*plan, options->scenario);
  add_platform_option(*plan, options->scenario);
  add_strategy_option(*plan, options->scenario);
  add_calibration_option(*plan, options->scenario);
  add_setting_option(*plan, options->scenario);
  plan->add_flag("--times", options->times, "what each operation takes alone, by the calibration");
  plan->add_option("--chakra", options->chakra, "also write it as execution traces, NAME.0.et and so on; with --times, with durations");
  plan->footer(
      "Example:\n  forerun show plan --workload mlp --platform cpu-cluster --set platform.nodes=2 --set workload.batch=64 \\\n"
      "      --strategy data=2");
  plan->callback([options, &environment, &chosen] { chosen = [options, &environment] { return show_plan(*options, environment); }; });
}

}  // namespace forerun

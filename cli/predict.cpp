#include <CLI/CLI.hpp>
#include <memory>

#include "cli/choice.hpp"
#include "cli/engines.hpp"
#include "cli/prediction_page.hpp"
#include "cli/scenario.hpp"
#include "cli/verbs.hpp"

namespace forerun {
namespace {

struct PredictOptions {
  ScenarioOptions scenario;
  OutputOptions output;
  Engine engine = Engine::oracle;
};

ExitCode predict(const PredictOptions& options, const Environment& environment) {
  check_output(options.output);
  ScenarioReader reader(environment);
  const ReadScenario read = reader.read(scenario_text(options.scenario));
  for (const std::string& warning : read.warnings) say("warning: " + warning);
  const Prediction prediction = predictor(options.engine)(read.scenario);
  deliver(prediction_page(prediction, read), options.output);
  switch (prediction.status) {
    case Status::ok: return ExitCode::success;
    case Status::infeasible: return ExitCode::no;
    case Status::failed: return ExitCode::failed;
  }
  return ExitCode::bug;
}

}  // namespace

void add_predict(CLI::App& command, const Environment& environment, Action& chosen) {
  CLI::App* verb = command.add_subcommand("predict", "how long one training step takes");
  const auto options = std::make_shared<PredictOptions>();
  add_scenario_file(*verb, options->scenario);
  add_workload_option(*verb, options->scenario);
  add_platform_option(*verb, options->scenario);
  add_strategy_option(*verb, options->scenario);
  add_calibration_option(*verb, options->scenario);
  add_setting_option(*verb, options->scenario);
  add_choice<Engine>(*verb, "--engine", options->engine, "oracle (microseconds) or sim (plays every rank)",
                     {{"oracle", Engine::oracle}, {"sim", Engine::sim}});
  add_output_options(*verb, options->output);
  verb->footer(
      "Example:\n  forerun predict --workload vgg11-cifar10 --platform cpu-cluster --set platform.nodes=3 --set workload.batch=192 \\\n"
      "      --strategy data=3,runtime=pytorch-ddp --format json");
  verb->callback([options, &environment, &chosen] { chosen = [options, &environment] { return predict(*options, environment); }; });
}

}  // namespace forerun

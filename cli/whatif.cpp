#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "cli/choice.hpp"
#include "cli/progress.hpp"
#include "cli/variant_reader.hpp"
#include "cli/verbs.hpp"
#include "cli/whatif_diff.hpp"
#include "cli/whatif_page.hpp"
#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/format.hpp"
#include "io/quantity.hpp"
#include "oracle/predict.hpp"

namespace forerun {
namespace {

struct WhatIfOptions {
  ScenarioOptions scenario;
  OutputOptions output;
  std::vector<std::string> changes;
  std::vector<std::string> vary;
  Engine engine = Engine::oracle;
  int samples = kUsualSamples;
  std::string deadline;
  std::string plot;
  std::string before;  ///< of `diff`
  std::string after;
};

/// Reads and predicts; times of scenarios that differ in their price alone are sampled once.
class Asker {
 public:
  Asker(const WhatIfOptions& options, const Environment& environment, const ProgressCallback& progress)
      : options_(options), reader_(environment) {
    sim::SeedOptions seeds = usual_seeds();
    seeds.progress = progress;
    predict_ = predictor(options.engine, seeds);
  }

  VariantReader& reader() { return reader_; }

  WhatIfRow row(std::string label, ReadScenario read) {
    WhatIfRow row{.label = std::move(label), .read = std::move(read)};
    row.prediction = predict_(row.read.scenario);
    if (!row.prediction.step_time) return row;
    row.samples = samples_of(row.read.scenario);
    add_interval(row.prediction, row.samples);
    return row;
  }

 private:
  SampledTimes samples_of(const Scenario& scenario) {
    for (const auto& [sampled, times] : sampled_)
      if (takes_the_same(sampled, scenario)) return times;
    const auto by_oracle = [](const Scenario& moved) { return oracle::predict(moved); };
    return sampled_.emplace_back(scenario, sample_times(scenario, by_oracle, {.samples = options_.samples})).second;
  }

  const WhatIfOptions& options_;
  VariantReader reader_;
  Predictor predict_;
  std::vector<std::pair<Scenario, SampledTimes>> sampled_;
};

WhatIf ask(const WhatIfOptions& options, const Environment& environment) {
  WhatIf whatif{.engine = options.engine};
  if (!options.deadline.empty()) whatif.deadline = parse_seconds({options.deadline, "--deadline", 0, 0, ""});
  const std::vector<Variant> variants = read_variants(options.changes, options.vary);
  if (variants.empty()) throw BadInput(Problem{.file = "whatif", .what = "nothing is varied", .allowed = "--vary or --change"});
  const ScenarioText text = scenario_text(options.scenario);
  ProgressLine line(WhenPiped::now_and_then);
  const ProgressCallback progress = line.callback();
  Asker asker(options, environment, progress);
  ReadScenario here = asker.reader().read(text);
  std::vector<ReadVariant> read = read_all(variants, text, asker.reader());
  whatif.rows.push_back(asker.row("here", std::move(here)));
  if (whatif.rows.front().prediction.status != Status::ok) return whatif;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    const std::string label = variants[i].label();
    if (progress) progress({static_cast<double>(i), static_cast<double>(variants.size()), "of the variants"});
    if (!read[i].read) {
      whatif.left_out.push_back({label, read[i].refused});
      continue;
    }
    try {
      WhatIfRow row = asker.row(label, std::move(*read[i].read));
      if (row.prediction.status == Status::ok)
        whatif.rows.push_back(std::move(row));
      else
        whatif.left_out.push_back({label, row.prediction.reason});
    } catch (const MissingCapability& error) {
      whatif.left_out.push_back({label, error.what()});
    }
  }
  order(whatif);
  return whatif;
}

ExitCode whatif(const WhatIfOptions& options, const Environment& environment) {
  check_output(options.output);
  if (!options.plot.empty()) check_writable(options.plot);
  const WhatIf answer = ask(options, environment);
  const WhatIfRow& here = answer.rows.front();
  for (const std::string& warning : here.read.warnings) say("warning: " + warning);
  if (here.prediction.status != Status::ok) {
    deliver(infeasible_page("the baseline: " + here.prediction.reason), options.output);
    return ExitCode::no;
  }
  if (!options.plot.empty()) {
    const std::string picture = whatif_plot(answer);
    if (picture.empty())
      say("warning: no picture: nothing has a price");
    else
      write_file(options.plot, picture);
  }
  deliver(whatif_page(answer, iso_date(environment.now)), options.output);
  return best_within(answer) ? ExitCode::success : ExitCode::no;
}

void add_diff(CLI::App& verb, const std::shared_ptr<WhatIfOptions>& options, Action& chosen) {
  CLI::App* diff = verb.add_subcommand("diff", "two predictions that were written before, term by term");
  diff->add_option("before", options->before, "what `forerun predict --format json` wrote")->required();
  diff->add_option("after", options->after, "another")->required();
  add_output_options(*diff, options->output);
  diff->footer("Example:\n  forerun whatif diff one-node.json two-nodes.json");
  diff->callback([options, &chosen] {
    chosen = [options] {
      check_output(options->output);
      deliver(whatif_diff_page(options->before, options->after), options->output);
      return ExitCode::success;
    };
  });
}

}  // namespace

void add_whatif(CLI::App& command, const Environment& environment, Action& chosen) {
  CLI::App* verb =
      command.add_subcommand("whatif", "a baseline and what else it could run on, side by side: time, cost, and which is best");
  const auto options = std::make_shared<WhatIfOptions>();
  add_workload_option(*verb, options->scenario);
  add_platform_option(*verb, options->scenario);
  verb->add_option("-f,--scenario", options->scenario.file,
                   "the baseline as a YAML file, or a prediction written before; options override it");
  verb->add_option("-s,--strategy", options->scenario.strategy,
                   "as predict takes it; data=all has as many data ranks as devices are left, best looks for the fastest on each platform "
                   "(best,runtime=megatron pins a part)");
  add_calibration_option(*verb, options->scenario);
  add_setting_option(*verb, options->scenario);
  verb->add_option("--vary", options->vary,
                   "KEY=A,B,C again and again: every product; keys are platform, strategy, workload and what --set takes. Values with "
                   "commas, as strategies have, stand between semicolons")
      ->allow_extra_args(false);
  verb->add_option("--change", options->changes, "one variant more: 'KEY=VALUE KEY=VALUE', again and again")->allow_extra_args(false);
  verb->add_option("--deadline", options->deadline, "which of them are done within, such as 24h; exit code 1 if none is");
  verb->add_option("--plot", options->plot, "writes time against cost here, an SVG picture");
  add_choice(*verb, "--engine", options->engine, "oracle (microseconds) or sim (plays every rank)",
             {{"oracle", Engine::oracle}, {"sim", Engine::sim}});
  add_samples_option(*verb, options->samples);
  add_output_options(*verb, options->output);
  verb->footer(
      "Example:\n  forerun whatif --workload resnet50 --set workload.batch=256 --set workload.precision=fp16 --set run.epochs=90 \\\n"
      "      --platform aws:p3.2xlarge --strategy data=all,runtime=pytorch-ddp \\\n"
      "      --vary platform=aws:p3.8xlarge,gcp:a2-highgpu-1g,gcp:a2-highgpu-4g --vary run.market=on-demand,spot --deadline 24h\n\n"
      "Exit codes: 0 done, 1 the baseline is infeasible or nothing keeps the deadline, 2 command line, 3 bad input, 4 the simulation broke "
      "off, 6 cannot be done here, 70 a bug.");
  add_diff(*verb, options, chosen);
  verb->callback([options, verb, &environment, &chosen] {
    if (verb->get_subcommands().empty()) chosen = [options, &environment] { return whatif(*options, environment); };
  });
}

}  // namespace forerun

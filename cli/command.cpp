#include "cli/command.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <span>

#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "cli/usage.hpp"
#include "cli/verbs.hpp"
#include "core/error.hpp"
#include "kernels/ranks/launch.hpp"

namespace forerun {
namespace {

ExitCode guarded(const Action& action) {
  try {
    return action();
  } catch (const BadInput& error) {
    say(error.what());
    return ExitCode::bad_input;
  } catch (const MissingCapability& error) {
    say(std::string("cannot do this here: ") + error.what());
    return ExitCode::missing;
  } catch (const SimulationFailed& error) {
    say(std::string("the simulation failed: ") + error.what());
    return ExitCode::failed;
  } catch (const RanksFailed& error) {
    say(std::string("the ranks failed: ") + error.what());
    return ExitCode::failed;
  } catch (const std::exception& error) {
    say(std::string("a bug in forerun, please report it: ") + error.what());
    return ExitCode::bug;
  }
}

}  // namespace

int run_command(int count, char** arguments, const Environment& environment) {
  CLI::App command("Forerun your training: how long it will take before renting anything.", "forerun");
  command.set_version_flag("--version", "forerun " FORERUN_VERSION);
  command.require_subcommand(1);
  command.footer("forerun VERB --help explains a verb and gives an example.");
  Action chosen;
  add_calibrate(command, environment, chosen);
  add_predict(command, environment, chosen);
  add_strategies(command, environment, chosen);
  add_whatif(command, environment, chosen);
  add_search(command, environment, chosen);
  add_train(command, environment, chosen);
  add_validate(command, environment, chosen);
  add_show(command, environment, chosen);
  const std::span<char* const> words(arguments + 1, arguments + std::max(count, 1));
  if (const auto problem = unknown_verb(command, words)) {
    say(problem->text());
    return static_cast<int>(ExitCode::usage);
  }
  if (const auto problem = spaced_setting(words)) {
    say(problem->text());
    return static_cast<int>(ExitCode::bad_input);
  }
  try {
    command.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    // Help and version are no errors.
    if (command.exit(error) != 0) return static_cast<int>(ExitCode::usage);
    return static_cast<int>(guarded([] {
      finish_output();
      return ExitCode::success;
    }));
  }
  return static_cast<int>(guarded(chosen));
}

}  // namespace forerun

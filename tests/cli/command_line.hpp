#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <string>

#include "io/yaml.hpp"
#include "tests/support/folder.hpp"

namespace forerun {

/// What the command answered.
struct Answer {
  int code = -1;
  std::string out;
  std::string err;
};

/// Runs the real `forerun` in a folder of its own that holds the synthetic calibration as `paper.json`, with a data folder of its own.
class CommandLine {
 public:
  CommandLine();

  /// The arguments as a shell takes them.
  [[nodiscard]] Answer run(const std::string& arguments) const {
    const std::string command = "cd '" + folder_.path().string() + "' && XDG_DATA_HOME='" + (folder_ / "data").string() + "' " +
                                FORERUN_BINARY " " + arguments + " >'" + (logs_ / "out").string() + "' 2>'" + (logs_ / "err").string() +
                                "' </dev/null";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, get(logs_ / "out"), get(logs_ / "err")};
  }

  [[nodiscard]] const Folder& folder() const { return folder_; }

 private:
  Folder folder_;
  Folder logs_;
};

/// The scalar under a key of a JSON document; fails the test where it is missing.
std::string value_of(const YamlNode& document, const std::string& key);

/// A scenario that needs nothing but the calibration of the test.
inline const std::string kSmall =
    "--workload logistic-regression --set workload.batch=64 --platform cpu-cluster --set platform.nodes=2 --strategy data=2 "
    "--calibration ./paper.json ";

}  // namespace forerun

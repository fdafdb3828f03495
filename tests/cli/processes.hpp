#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace forerun {

/// A process as /proc shows it.
struct ShownProcess {
  char state = 'X';
  int session = 0;

  explicit ShownProcess(const std::string& pid) {
    std::ifstream file("/proc/" + pid + "/stat");
    std::string text;
    std::getline(file, text, '\0');
    std::string skipped;
    if (text.rfind(')') != std::string::npos)
      std::istringstream(text.substr(text.rfind(')') + 1)) >> state >> skipped >> skipped >> session;
  }
  [[nodiscard]] bool runs() const { return state != 'X' && state != 'Z'; }
};

/// Whether a process runs in the session that `leader` began.
inline bool runs_in_session(int leader) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (const ShownProcess process(name); process.session == leader && process.runs()) return true;
  }
  return false;
}

}  // namespace forerun

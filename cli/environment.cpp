#include "cli/environment.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include "io/format.hpp"
#include "kernels/microbenchmarks/measure.hpp"
#include "kernels/trainer/core_pin.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

fs::path data_folder() {
  if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data != '\0') return fs::path(data) / "forerun";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') return fs::path(home) / ".local/share/forerun";
  return {};
}

std::vector<fs::path> program_folders() {
  const char* path = std::getenv("PATH");
  std::vector<fs::path> folders;
  for (std::string_view rest = path == nullptr ? "" : path; !rest.empty();) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    folders.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return folders;
}

Bytes installed_memory() { return Bytes(static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE))); }

int number(std::string_view digits) {
  int value = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() && end == digits.data() + digits.size() ? value : -1;
}

}  // namespace

std::vector<fs::path> Environment::search() const {
  if (data_folder.empty()) return {};
  return {data_folder};
}

fs::path Environment::own_calibration(std::string_view machine) const { return data_folder / (std::string(machine) + ".calibration.json"); }

fs::path Environment::own_platform(std::string_view machine) const { return data_folder / (std::string(machine) + ".yaml"); }

Environment read_environment() {
  std::error_code none;
  Environment environment;
  environment.data_folder = data_folder();
  environment.executable = fs::read_symlink("/proc/self/exe", none);
  environment.program_folders = program_folders();
  environment.host = host_name();
  environment.cpu = cpu_model();
  environment.cores = static_cast<int>(usable_cores().size());
  environment.memory = installed_memory();
  environment.now = std::chrono::system_clock::now();
  return environment;
}

std::string iso_date(std::chrono::system_clock::time_point time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  return forerun::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                         static_cast<unsigned>(date.day()), clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

int days_since(const std::string& date, std::chrono::system_clock::time_point now) {
  if (date.size() < 10 || date[4] != '-' || date[7] != '-') return -1;
  const std::string_view text(date);
  const int year = number(text.substr(0, 4)), month = number(text.substr(5, 2)), day = number(text.substr(8, 2));
  const std::chrono::year_month_day written{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                            std::chrono::day(static_cast<unsigned>(day))};
  if (year < 0 || month < 0 || day < 0 || !written.ok()) return -1;
  return static_cast<int>((std::chrono::floor<std::chrono::days>(now) - std::chrono::sys_days(written)).count());
}

}  // namespace forerun

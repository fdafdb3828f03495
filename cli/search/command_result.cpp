#include "cli/search/command_result.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "cli/search/run_status.hpp"
#include "core/error.hpp"
#include "io/format.hpp"
#include "io/quantity.hpp"

namespace forerun {
namespace {

using Printed = std::map<std::string, std::string, std::less<>>;

constexpr std::string_view kBlanks = " \t\r";
constexpr double kLeastWall_s = 1e-3;  // clocks of file systems tick in milliseconds
constexpr std::size_t kLongestWord = 200;

bool is_result(const Printed& printed) { return printed.contains("seconds") || printed.contains("status"); }

std::optional<Printed> read_object(std::string_view line) {
  const Json object = Json::parse(line, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  Printed printed;
  for (const char* key : {"seconds", "usd", "status", "reason"})
    if (object.contains(key) && !object[key].is_null())
      printed[key] =
          object[key].is_string() ? object[key].get<std::string>() : object[key].dump(-1, ' ', true, Json::error_handler_t::replace);
  return printed;
}

std::optional<Printed> read_words(std::string_view line) {
  Printed printed;
  while (!line.empty()) {
    const std::size_t equals = line.find('=');
    const std::string_view key = line.substr(0, equals);
    if (equals == std::string_view::npos || key.empty() || key.find_first_of(kBlanks) != std::string_view::npos) return std::nullopt;
    // A reason is words; the rest of the line is of it.
    const std::size_t end = key == "reason" ? line.size() : std::min(line.find_first_of(kBlanks), line.size());
    printed[std::string(key)] = line.substr(equals + 1, end - equals - 1);
    line.remove_prefix(end);
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  }
  return printed;
}

/// The last result among the lines; empty where there is none.
Printed find_result(std::string_view output) {
  while (!output.empty()) {
    const std::size_t begin = output.find_last_of('\n') + 1;  // 0 where there is none
    std::string_view line = output.substr(begin);
    output = output.substr(0, begin == 0 ? 0 : begin - 1);
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    line = line.substr(0, line.find_last_not_of(kBlanks) + 1);
    if (line.empty()) continue;
    const auto printed = line.front() == '{' ? read_object(line) : read_words(line);
    if (printed && is_result(*printed)) return *printed;
  }
  return {};
}

std::string_view status_by_exit(int exit) {
  switch (exit) {
    case 0: return "ok";
    case 124: return "timeout";    // of timeout(1)
    case 137: return "oom";        // SIGKILL, by which the kernel ends who has too much memory
    case 143: return "preempted";  // SIGTERM, by which clouds and schedulers announce the end
    case 126:
    case 127: return "error";  // the command itself could not be run
    default: return "failed";
  }
}

std::string cut(std::string text) {
  if (text.size() > kLongestWord) text = text.substr(0, kLongestWord) + "...";
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return text;
}

/// A printed number from `least` on; nothing where it is none.
std::optional<double> number_of(const Printed& printed, std::string_view key, bool zero_allowed) {
  const auto found = printed.find(key);
  if (found == printed.end()) return std::nullopt;
  try {
    const double value = parse_number({.value = found->second}, 0, kMostOfRun);
    if (value > 0 || zero_allowed) return value;
  } catch (const BadInput&) {
    // The caller says so.
  }
  return std::nullopt;
}

std::string misprint(const Printed& printed, std::string_view key, std::string_view what) {
  const auto found = printed.find(key);
  return format("printed {}={}, which is {}", key, cut(found->second), what);
}

/// What is wrong with a run that should be ok; empty where nothing is.
std::string flaw(const Printed& printed, TimeSource source, const Told& told) {
  if (printed.contains("usd") && !told.cost) return misprint(printed, "usd", "no number from zero to 1e15");
  if (printed.contains("seconds") && !number_of(printed, "seconds", false))
    return misprint(printed, "seconds", "no number above zero and up to 1e15");
  if (source == TimeSource::printed && !printed.contains("seconds"))
    return "ended well, but printed no line seconds=NUMBER (--time wall takes the time of the command)";
  return "";
}

}  // namespace

Told told_of(const CommandEnd& end, TimeSource source) {
  const Printed printed = find_result(end.output);
  const double wall_s = std::max(end.wall.value(), kLeastWall_s);
  const auto seconds = number_of(printed, "seconds", false);
  Told told{.status = std::string(status_by_exit(end.status)), .time = Seconds(seconds.value_or(wall_s))};
  if (const auto usd = number_of(printed, "usd", true)) told.cost = Dollars(*usd);
  if (end.status != 0) {
    told.reason = format("exit status {}", end.status);
    if (!end.last_word.empty()) told.reason += ": " + cut(end.last_word);
  }
  if (const auto status = printed.find("status"); status != printed.end()) {
    try {
      check_status({.value = status->second});
      told.status = status->second;
      if (told.status == "ok") told.reason.clear();
    } catch (const BadInput&) {
      told.status = "error";
      told.reason = misprint(printed, "status", "no status");
    }
  }
  if (told.status == "ok")
    if (const std::string wrong = flaw(printed, source, told); !wrong.empty())
      told = {.status = "error", .time = Seconds(wall_s), .reason = wrong};
  if (const auto reason = printed.find("reason"); reason != printed.end() && told.status != "ok") told.reason = cut(reason->second);
  return told;
}

}  // namespace forerun

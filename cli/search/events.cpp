#include "cli/search/events.hpp"

#include "cli/search/run_status.hpp"
#include "core/error.hpp"

namespace forerun {
namespace {

constexpr int kMostNumber = 1'000'000'000;

int run_in(const JournalLine& line) { return static_cast<int>(line.number("run", 1, kMostNumber)); }

Started read_started(const JournalLine& line) {
  const JournalLine process = line.object("process");
  return {run_in(line),
          line.text("candidate"),
          {static_cast<int>(process.number("pid", 1, kMostNumber)), process.count("started"), process.text("boot"), process.text("host")}};
}

Told read_told(const JournalLine& line) {
  Told told{.run = run_in(line),
            .candidate = line.text("candidate"),
            .status = line.text("status"),
            .time = Seconds(line.number("seconds", 0, kMostOfRun)),
            .reason = line.text_or_empty("reason")};
  try {
    check_status({.value = told.status, .key = "status"});
  } catch (const BadInput& error) {
    line.refuse("status", error.problems().front().what);
  }
  if (const auto cost = line.optional_number("usd", 0, kMostOfRun)) told.cost = Dollars(*cost);
  return told;
}

struct Writer {
  Json operator()(const Asked& asked) const { return {{"event", "asked"}, {"candidates", asked.candidates}}; }
  Json operator()(const Started& started) const {
    const ProcessIdentity& process = started.process;
    return {{"event", "started"},
            {"run", started.run},
            {"candidate", started.candidate},
            {"process", {{"pid", process.pid}, {"started", process.started}, {"boot", process.boot}, {"host", process.host}}}};
  }
  Json operator()(const Told& told) const {
    Json json{{"event", "told"}, {"run", told.run}, {"candidate", told.candidate}, {"status", told.status}, {"seconds", told.time.value()}};
    if (told.cost) json["usd"] = told.cost->value();
    if (!told.reason.empty()) json["reason"] = told.reason;
    return json;
  }
  Json operator()(const Confirming& confirming) const {
    return {{"event", "confirming"}, {"because", confirming.because}, {"candidates", confirming.candidates}};
  }
};

}  // namespace

Json to_json(const SearchEvent& event, const std::string& date) {
  Json json = std::visit(Writer(), event);
  json["date"] = date;
  return json;
}

SearchEvent read_event(const JournalLine& line) {
  const std::string event = line.text("event");
  if (event == "asked") return Asked{line.texts("candidates")};
  if (event == "started") return read_started(line);
  if (event == "told") return read_told(line);
  if (event == "confirming") return Confirming{line.text("because"), line.texts("candidates")};
  line.refuse("event", "is not known to this version of forerun");
}

}  // namespace forerun

#include <catch2/catch.hpp>

#include "tests/cli/command_line.hpp"

using namespace forerun;

namespace {

/// Two jobs of Amdahl's law on eight clusters; `more` is put behind the last row.
std::string table(const std::string& more = "") {
  std::string text = "workload,candidate,nodes,units_per_node,memory_gib_per_node,usd_per_h,seconds,status\n";
  for (const int work : {1000, 5000})
    for (int nodes = 1; nodes <= 8; ++nodes) {
      const std::string n = std::to_string(nodes);
      text += "work" + std::to_string(work) + "," + n + " nodes," + n + ",4,16," + n + "," + std::to_string(60 + work / nodes) + ",ok\n";
    }
  return text + more;
}

}  // namespace

TEST_CASE("search replay tells how many runs a search would have needed") {
  const CommandLine command;
  put(command.folder() / "runs.csv", table());
  const Answer answer = command.run("search replay runs.csv --seeds 3 --format json");
  REQUIRE(answer.err == "");
  REQUIRE(answer.code == 0);
  const YamlNode document = read_yaml_text(answer.out, "out");
  CHECK(value_of(document, "schema_version") == "1");
  CHECK(value_of(document, "method") == "history");
  const double runs = std::stod(value_of(document, "mean_runs_to_5_percent"));
  CHECK(runs >= 1);
  CHECK(runs <= 8);
  for (const char* key : {"\"workloads\"", "\"work1000\"", "\"mean_cost_ratio_after\"", "\"6\"", "\"10\"", "\"15\""})
    CHECK(answer.out.find(key) != std::string::npos);
}

TEST_CASE("search replay gives the same answer twice, and a table for people") {
  const CommandLine command;
  put(command.folder() / "runs.csv", table());
  const Answer once = command.run("search replay runs.csv --seeds 2 --start cold");
  CHECK(once.code == 0);
  CHECK(once.out.find("runs to 5 %") != std::string::npos);
  CHECK(once.out.find("start: cold; 2 seeds") != std::string::npos);
  CHECK(command.run("search replay runs.csv --seeds 2 --start cold").out == once.out);
}

TEST_CASE("search replay says what is wrong with a table, all at once") {
  const CommandLine command;
  put(command.folder() / "runs.csv",
      table("work1000,8 nodes,8,4,16,8,100,ok\nwork1000,9 nodes,9,4,16,8,-1,okay\nwork1000,10 nodes,1,4,16,,5,oom\n"));
  const Answer answer = command.run("search replay runs.csv");
  CHECK(answer.code == 3);
  CHECK(answer.out == "");
  CHECK(answer.err.find("runs.csv:18:10: candidate: another row of this workload has this candidate") != std::string::npos);
  CHECK(answer.err.find("runs.csv:19:") != std::string::npos);
  CHECK(answer.err.find("usd_per_h: the row has neither a price an hour nor a cost") != std::string::npos);
}

TEST_CASE("search replay refuses a table without a choice") {
  const CommandLine command;
  put(command.folder() / "none.csv", "workload,candidate,seconds,usd\n");
  CHECK(command.run("search replay none.csv").code == 3);
  put(command.folder() / "one.csv", "workload,candidate,seconds,usd\na,b,1,1\n");
  CHECK(command.run("search replay one.csv").err.find("has one candidate") != std::string::npos);
  put(command.folder() / "failed.csv", "workload,candidate,seconds,usd,status\na,b,1,1,oom\na,c,1,1,oom\n");
  CHECK(command.run("search replay failed.csv").err.find("no run of it went well") != std::string::npos);
  put(command.folder() / "group.csv", "workload,candidate,seconds,usd\na,b,1,1\na,c,2,3\n");
  CHECK(command.run("search replay group.csv --start history").code == 3);
  CHECK(command.run("search replay group.csv").code == 0);
  CHECK(command.run("search").code == 2);
}

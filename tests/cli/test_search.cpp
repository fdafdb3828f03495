#include <catch2/catch.hpp>

#include "cli/search_table.hpp"
#include "core/error.hpp"
#include "io/csv.hpp"
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

TEST_CASE("a table's run costs what was paid for it, else its price times its time, and what was paid alone gives the price") {
  const auto jobs =
      read_search_table_text("workload,candidate,seconds,usd_per_h,usd\na,both,1800,2,1.5\na,price,1800,2,\na,paid,1800,,3\n", "runs.csv");
  REQUIRE(jobs.size() == 1);
  const cherrypick::MeasuredJob& job = jobs.front();
  REQUIRE(job.results.size() == 3);
  CHECK(job.results[0].cost == Dollars(1.5));
  CHECK(job.rates[0].value() == Approx(2 / 3600.0));
  CHECK_FALSE(job.results[1].cost);
  CHECK(job.rates[1].value() == Approx(2 / 3600.0));
  CHECK((job.rates[2] * job.results[2].time).value() == Approx(3));
}

TEST_CASE("a table of runs is refused for every number and word that is none, with its place") {
  const auto error = [](const std::string& row) {
    try {
      read_search_table_text("workload,candidate,nodes,seconds,usd_per_h,usd,status\na,b,1,1,1,,\n" + row + "\n", "runs.csv");
    } catch (const BadInput& bad) {
      return std::string(bad.what());
    }
    return std::string();
  };
  CHECK(error("a,c,2,2,1,,ok").empty());
  CHECK(error("a,c,2,nan,1,,ok").find("runs.csv:3:7: seconds") != std::string::npos);
  CHECK(error("a,c,2,,1,,ok").find("seconds: is empty") != std::string::npos);
  CHECK(error("a,c,2,2,-1,,ok").find("usd_per_h") != std::string::npos);
  CHECK(error("a,c,2,2,1,0,ok").find("usd") != std::string::npos);
  CHECK(error("a,c,2,2,1,,ook").find("status") != std::string::npos);
  CHECK(error("a,c,0,2,1,,ok").find("nodes") != std::string::npos);
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

namespace {

/// One job on four clusters, and what a model says of them.
void put_predicted(const CommandLine& command, const std::string& predictions) {
  put(command.folder() / "runs.csv",
      "workload,candidate,nodes,usd_per_h,seconds\nsort,a,1,1,900\nsort,b,2,2,400\nsort,c,4,4,300\nsort,d,8,8,290\n");
  put(command.folder() / "predicted.csv", predictions);
}

}  // namespace

TEST_CASE("search replay takes a model's predictions as the prior, and says how well they order the runs") {
  const CommandLine command;
  put_predicted(command, "workload,candidate,seconds,step_s\nsort,d,200,1\nsort,a,1000,1\nsort,b,410,1\nsort,c,,1\n");
  const Answer answer = command.run("search replay runs.csv --predicted predicted.csv --objective time --format json");
  REQUIRE(answer.err == "");
  const YamlNode document = read_yaml_text(answer.out, "out");
  CHECK(value_of(document, "method") == "predicted");
  CHECK(value_of(document.find("workloads")->children.front(), "rank_correlation") == "1.0");
  CHECK(value_of(document, "mean_runs_to_5_percent") == "1.0");
  CHECK(command.run("search replay runs.csv --predicted predicted.csv").out.find("rank correlation") != std::string::npos);
}

TEST_CASE("predictions of what nobody ran are refused, with what is meant") {
  const CommandLine command;
  const auto error = [&](const std::string& predictions, const std::string& more = "") {
    put_predicted(command, predictions);
    const Answer answer = command.run("search replay runs.csv --predicted predicted.csv " + more);
    CHECK(answer.code == 3);
    CHECK(answer.out.empty());
    return answer.err;
  };
  const std::string head = "workload,candidate,seconds\n";
  CHECK(error(head + "sorte,a,1\n").find("predicted.csv:2:1: workload: unknown workload (got sorte") != std::string::npos);
  CHECK(error(head + "sorte,a,1\n").find("Did you mean sort?") != std::string::npos);
  CHECK(error(head + "sort,e,1\n").find("unknown candidate (got e") != std::string::npos);
  CHECK(error(head + "sort,a,0\n").find("must be above zero") != std::string::npos);
  CHECK(error(head + "sort,a,fast\n").find("predicted.csv:2:8: seconds") != std::string::npos);
  CHECK(error(head + "sort,a,1\nsort,a,2\n").find("another row") != std::string::npos);
  CHECK(error(head + "sort,a,\n").find("nothing is predicted of it (got sort)") != std::string::npos);
  CHECK(error("workload,candidate\nsort,a\n").find("seconds") != std::string::npos);
  CHECK(error(head + "sort,a,1\n", "--start cold").find("cannot be given together with --predicted") != std::string::npos);
}

TEST_CASE("the predictions of TensorFlow's runs are what predict says of their scenarios") {
  const CommandLine command;
  const std::filesystem::path data = FORERUN_VALIDATION_DATA;
  const CsvTable table = read_csv_text(get(data / "search_tensorflow_predicted.csv"), "predicted", {});
  REQUIRE(table.rows.size() == 768);
  const auto step = [&](const std::string& workload, const std::string& candidate) {
    for (std::size_t row = 0; row < table.rows.size(); ++row)
      if (table.at(row, "workload").value == workload && table.at(row, "candidate").value == candidate)
        return std::stod(table.at(row, "step_s").value);
    FAIL("no row " << candidate);
    return 0.0;
  };
  const auto predicted = [&](const std::string& workload, const std::string& rest) {
    const Answer answer =
        command.run("predict --engine sim --samples 0 --format json --workload " + (data / ("lynceus_" + workload + ".yaml")).string() +
                    " --platform " + (data / "lynceus_t2.yaml").string() + rest);
    INFO(answer.err);
    REQUIRE(answer.code == 0);
    return std::stod(value_of(read_yaml_text(answer.out, "out"), "step_time_s"));
  };
  const std::string small =
      " --set platform.cores=1 --set platform.link-bandwidth=125Mbit/s --set platform.ingress-bandwidth=125Mbit/s"
      " --set platform.memory-per-node=2GiB";
  const std::string large = " --set platform.cores=8 --set platform.link-bandwidth=1Gbit/s --set platform.memory-per-node=32GiB";
  CHECK(step("cnn", "8 t2.small batch 256 rate 0.001 sync") ==
        Approx(predicted("cnn", " --strategy data=8,servers=1,sync=on --set workload.batch=2048 --set platform.nodes=9" + small)));
  CHECK(step("cnn", "14 t2.2xlarge batch 16 rate 0.0001 async") ==
        Approx(predicted("cnn", " --strategy data=14,servers=1,sync=off --set workload.batch=224 --set platform.nodes=15" + large)));
  CHECK(
      step("multilayer", "32 t2.small batch 256 rate 0.001 async") ==
      Approx(predicted("multilayer", " --strategy data=32,servers=1,sync=off --set workload.batch=8192 --set platform.nodes=33" + small)));
}

#include <catch2/catch.hpp>
#include <sstream>

#include "tests/cli/command_line.hpp"
#include "tests/cli/search_table.hpp"

using namespace forerun;

namespace {

/// A search that was begun as `j` over the small table.
class BegunSearch : public CommandLine {
 public:
  explicit BegunSearch(const std::string& options = "") {
    put(folder() / "space.csv", SmallSearch().space());
    const Answer answer = run("search init j --space space.csv " + options);
    INFO(answer.err);
    REQUIRE(answer.code == 0);
  }

  [[nodiscard]] std::vector<std::string> ask(const std::string& options = "") const {
    std::istringstream rows(run("search ask j --format csv " + options).out);
    std::vector<std::string> names;
    std::string line;
    std::getline(rows, line);
    while (std::getline(rows, line)) names.push_back(line.substr(0, line.find(',')));
    return names;
  }
  /// Tells what the small table says of a candidate.
  void tell(const std::string& candidate) const {
    const int nodes = std::stoi(candidate);
    const std::string kind = candidate.substr(candidate.find('x') + 2);
    const Answer answer = run("search tell j '" + candidate + "' --seconds " + std::to_string(SmallSearch::seconds(kind, nodes)) +
                              (SmallSearch::fits(kind, nodes) ? "" : " --status oom"));
    INFO(answer.err);
    REQUIRE(answer.code == 0);
  }
  /// Until the search is over; the candidates in the order in which they were asked for.
  [[nodiscard]] std::vector<std::string> play() const {
    std::vector<std::string> order;
    for (std::vector<std::string> next = ask(); !next.empty(); next = ask()) {
      order.push_back(next.front());
      tell(next.front());
    }
    return order;
  }
  [[nodiscard]] std::string journal() const { return get(folder() / "j"); }
};

}  // namespace

TEST_CASE("a search goes on in its journal from one command to the next until it is over") {
  const BegunSearch search;
  const std::vector<std::string> order = search.play();
  CHECK(order.size() >= 6);
  CHECK(order.size() < 16);
  const Answer last = search.run("search ask j");
  CHECK(last.code == 1);
  CHECK(last.out == "nothing to run: the search is over\n");
  const Answer report = search.run("search report j --format json");
  CHECK(report.code == 0);
  const YamlNode document = read_yaml_text(report.out, "report");
  CHECK(value_of(document, "stopped") == "improvement");
  CHECK(value_of(*document.find("best"), "candidate") == "4 x small");
  CHECK(items(*document.find("runs")).size() == order.size());
  CHECK(value_of(items(*document.find("runs")).front(), "candidate") == order.front());
  // Nothing that was asked for differs where the same is told again.
  CHECK(BegunSearch().play() == order);
}

TEST_CASE("asking again names what is under way, and more only where more are wanted") {
  const BegunSearch search;
  const auto first = search.ask();
  REQUIRE(first.size() == 1);
  const std::string journal = search.journal();
  CHECK(search.ask() == first);
  CHECK(search.journal() == journal);
  const auto three = search.ask("--count 3");
  REQUIRE(three.size() == 3);
  CHECK(three.front() == first.front());
  search.tell(three[1]);
  CHECK(search.ask("--count 2") == std::vector<std::string>{three[0], three[2]});
}

TEST_CASE("a run that failed by accident is asked for once more, any other failure is not") {
  const BegunSearch search;
  const std::string first = search.ask().front();
  CHECK(search.run("search tell j '" + first + "' --status preempted --seconds 30 --reason 'spot price'").code == 0);
  CHECK(search.ask().front() == first);
  CHECK(search.run("search tell j '" + first + "' --status failed").code == 0);
  CHECK(search.ask().front() != first);
  const std::string page = search.run("search report j").out;
  CHECK(page.find("spot price") != std::string::npos);
  CHECK(page.find("no run was within the limits") != std::string::npos);
  CHECK(search.run("search report j").code == 1);
}

TEST_CASE("a run that nobody asked for is told all the same") {
  const BegunSearch search;
  CHECK(search.run("search tell j '3 x small' --seconds 1075 --usd 0.9").code == 0);
  const Answer report = search.run("search report j");
  CHECK(report.code == 0);
  CHECK(report.out.find("0.9") != std::string::npos);
  for (const std::string& name : search.ask("--count 15")) CHECK(name != "3 x small");
}

TEST_CASE("a journal is not begun over another, nor beside the runs of another") {
  const BegunSearch search;
  const std::string journal = search.journal();
  const Answer again = search.run("search init j --space space.csv");
  CHECK(again.code == 3);
  CHECK(again.err == "j: is there already, and is not written over\n");
  CHECK(search.journal() == journal);
  std::filesystem::create_directory(search.folder() / "k.runs");
  put(search.folder() / "k.runs" / "001.end", "0\n");
  CHECK(search.run("search init k --space space.csv").err.find("k.runs: holds runs of an earlier search") == 0);
}

TEST_CASE("a last line that was cut off is taken off with a word, any other damage is told by its line") {
  const BegunSearch search;
  const std::string first = search.ask().front();
  search.tell(first);
  const std::string whole = search.journal();
  put(search.folder() / "j", whole + "{\"event\":\"told\",\"run\":2,\"cand");
  CHECK(search.run("search report j").err.find("warning: the last line was cut off") != std::string::npos);
  const Answer asked = search.run("search ask j");
  CHECK(asked.code == 0);
  CHECK(asked.err.find("warning: the last line was cut off") != std::string::npos);
  CHECK(search.journal().find("\"cand\n") == std::string::npos);
  CHECK(search.journal().starts_with(whole));
  const auto refused = [&](const std::string& text) {
    put(search.folder() / "j", text);
    const Answer answer = search.run("search ask j");
    CHECK(answer.code == 3);
    CHECK(search.journal() == text);
    return answer.err;
  };
  CHECK(refused(whole + "no json\n").find("j:4: is no line of a search's journal") == 0);
  CHECK(refused(whole + "{\"event\":\"danced\"}\n").find("j:4: event: is not known") == 0);
  CHECK(refused(whole + "{\"event\":\"told\",\"run\":7,\"candidate\":\"3 x small\",\"status\":\"ok\",\"seconds\":3}\n")
            .find("j:4: run 7 has no run before it") == 0);
  CHECK(refused(whole + "{\"event\":\"told\",\"run\":1,\"candidate\":\"" + first + "\",\"status\":\"ok\",\"seconds\":3}\n")
            .find("j:4: run 1 has its result already") == 0);
  CHECK(refused(whole + "{\"event\":\"told\",\"run\":2,\"candidate\":\"nobody\",\"status\":\"ok\",\"seconds\":3}\n")
            .find("j:4: no candidate is called nobody") == 0);
  CHECK(refused(whole + "{\"event\":\"told\",\"run\":2,\"candidate\":\"3 x small\",\"status\":\"fine\",\"seconds\":3}\n")
            .find("j:4: status: unknown status") == 0);
  CHECK(refused(whole + "{\"event\":\"told\",\"run\":2,\"candidate\":\"3 x small\",\"status\":\"ok\",\"seconds\":-3}\n")
            .find("j:4: seconds: is out of range") == 0);
  CHECK(refused("{}\n").find("j:1: forerun: is missing") == 0);
  CHECK(refused("").find("j: holds no whole line") == 0);
}

TEST_CASE("what cannot be told is refused and leaves the journal as it was") {
  const BegunSearch search;
  const std::string journal = search.journal();
  const auto refused = [&](const std::string& arguments) {
    const Answer answer = search.run("search tell j " + arguments);
    CHECK(answer.code == 3);
    CHECK(search.journal() == journal);
    return answer.err;
  };
  CHECK(refused("'3 x smal' --seconds 1").find("Did you mean 3 x small?") != std::string::npos);
  CHECK(refused("'3 x small'").find("--seconds: a run that went well took some time") == 0);
  CHECK(refused("'3 x small' --seconds 0").find("--seconds:") == 0);
  CHECK(refused("'3 x small' --seconds nan").find("--seconds: is not a number (got nan") == 0);
  CHECK(refused("'3 x small' --seconds 1e999").find("--seconds: is out of range") == 0);
  CHECK(refused("'3 x small' --seconds=-1").find("--seconds: is out of range") == 0);
  CHECK(refused("'3 x small' --seconds 1 --status okay").find("--status: unknown status (got okay") == 0);
  CHECK(refused("'3 x small' --seconds 1 --usd=-2").find("--usd: is out of range") == 0);
}

TEST_CASE("what cannot be searched is refused all at once, and no journal is made") {
  const CommandLine shell;
  put(shell.folder() / "space.csv", "candidate,usd_per_h,nodes,kind\na,0,1,x\nb,1,many,\nc,,2,x\nc,2,2,x\nc,3,2,x\n");
  const Answer answer =
      shell.run("search init j --space space.csv --deadline 4 --budget 0USD --spend ten --runs 0 --improvement 2 --seed=-1");
  CHECK(answer.code == 3);
  CHECK(answer.out.empty());
  for (const std::string part :
       {"--deadline: has no unit (got 4", "--budget: is no amount of money (got 0USD", "--spend: is no amount of money (got ten",
        "--runs: is out of range (got 0", "--improvement: is out of range (got 2", "--seed: is out of range (got -1",
        "space.csv:2:3: usd_per_h: must be above zero (got 0)", "space.csv:3:5: nodes: is not a number (got many",
        "space.csv:4:3: usd_per_h: is empty", "space.csv:6:1: candidate: an earlier row says something else of this candidate (got c)"}) {
    INFO(part << "\n" << answer.err);
    CHECK(answer.err.find(part) != std::string::npos);
  }
  CHECK_FALSE(std::filesystem::exists(shell.folder() / "j"));
  put(shell.folder() / "one.csv", "candidate,usd_per_h,excluded\na,1,\nb,1,quota\n");
  CHECK(shell.run("search init j --space one.csv").err.find("one.csv: has less than two candidates that may run") == 0);
  CHECK(shell.run("search init none/j --space one.csv").code == 3);
  CHECK(shell.run("search ask nowhere").err == "nowhere: no such file\n");
}

TEST_CASE("limits stop a search, and the answer keeps them") {
  const BegunSearch search("--runs 4 --deadline 500s");
  CHECK(search.play().size() == 4);
  const Answer report = search.run("search report j");
  CHECK(report.out.find("least cost, within 8.33 min") != std::string::npos);
  CHECK(report.out.find("all of 4 runs were made") != std::string::npos);
  const BegunSearch two("--runs 2");
  CHECK(two.ask("--count 5").size() == 2);
  CHECK(two.ask("--count 5").size() == 2);
  const BegunSearch cheap("--spend 0.5USD --objective time");
  CHECK(cheap.play().size() < 8);
  CHECK(cheap.run("search report j").out.find("of 0.500 USD") != std::string::npos);
}

TEST_CASE("the best so far is by what is looked for") {
  const BegunSearch cost, time("--objective time"), late("--objective time --deadline 600s");
  for (const BegunSearch* search : {&cost, &time, &late})
    for (const std::string candidate : {"3 x small", "8 x large", "8 x small"}) search->tell(candidate);
  CHECK(cost.run("search report j --format csv").out.find(",3 x small\n2,8 x large,ok,,true,") != std::string::npos);
  CHECK(time.run("search report j --format csv").out.ends_with(",8 x large\n"));
  const std::string rows = late.run("search report j --format csv").out;
  CHECK(rows.find("\n1,3 x small,ok,,false,") != std::string::npos);
  CHECK(rows.ends_with(",8 x large\n"));
  const std::string both = BegunSearch("--objective both").run("search report j").out;
  CHECK(both.find("least cost and least time; 16 configurations") != std::string::npos);
}

TEST_CASE("a picture has each run that went well under its number") {
  const BegunSearch search;
  CHECK(search.run("search report j --plot runs.svg").err == "warning: no picture: no run went well\n");
  for (const std::string candidate : {"3 x small", "1 x small", "8 x large"}) search.tell(candidate);
  CHECK(search.run("search report j --plot runs.svg").code == 0);
  const std::string svg = get(search.folder() / "runs.svg");
  CHECK(svg.find("fill=\"white\">3</text>") != std::string::npos);
  CHECK(svg.find("fill=\"white\">2</text>") == std::string::npos);
  CHECK(svg.find("; failed: 2</text>") != std::string::npos);
  CHECK(svg.find(">best</text>") != std::string::npos);
  CHECK(search.run("search report j --plot none/runs.svg").code == 3);
}

TEST_CASE("excluded candidates are never asked for, predictions come first, and past jobs lead") {
  const CommandLine shell;
  std::string space = "candidate,nodes,usd_per_h,predicted_seconds,excluded\n";
  for (int n = 1; n <= 9; ++n)
    space += "n" + std::to_string(n) + "," + std::to_string(n) + "," + std::to_string(n) + "," +
             std::to_string(100 + 1000 * (n - 2) * (n - 2)) + "," + (n == 7 ? "no quota" : "") + "\n";
  put(shell.folder() / "space.csv", space);
  CHECK(shell.run("search init j --space space.csv --objective time --job test").code == 0);
  CHECK(shell.run("search ask j --format csv").out.find("\nn2,") != std::string::npos);
  CHECK(shell.run("search ask j --count 9").out.find("n7") == std::string::npos);
  CHECK(shell.run("search tell j n7 --seconds 3").err.find("candidate: is excluded: no quota (got n7)") == 0);
  CHECK(shell.run("search report j").out.find("excluded:   n7: no quota\n") != std::string::npos);
  CHECK(shell.run("search report j --format json").out.find("\"reason\": \"no quota\"") != std::string::npos);
  std::string past = "workload,candidate,seconds,usd_per_h\n";
  for (int n = 1; n <= 9; ++n) past += "old,n" + std::to_string(n) + "," + std::to_string(n == 3 ? 10 : 1000) + ",1\n";
  put(shell.folder() / "past.csv", past);
  put(shell.folder() / "plain.csv", SmallSearch().space());
  CHECK(shell.run("search init p --space plain.csv --history past.csv").err == "past.csv: has no run on a candidate of the space\n");
  std::string bare = "candidate,nodes,usd_per_h\n";
  for (int n = 1; n <= 9; ++n) bare += "n" + std::to_string(n) + "," + std::to_string(n) + "," + std::to_string(n) + "\n";
  put(shell.folder() / "bare.csv", bare);
  CHECK(shell.run("search init p --space bare.csv --history past.csv").code == 0);
  std::filesystem::remove(shell.folder() / "past.csv");
  CHECK(shell.run("search ask p --format csv").out.find("\nn3,") != std::string::npos);
}

TEST_CASE("a table of runs is a space and a history, too") {
  const CommandLine shell;
  std::filesystem::create_directory_symlink(FORERUN_VALIDATION_DATA, shell.folder() / "data");
  const Answer begun = shell.run("search init j --job 'spark join bigdata' --space data/search_scout.csv --history data/search_scout.csv");
  INFO(begun.err);
  CHECK(begun.code == 0);
  CHECK(begun.err.find("69 configurations, 16 past jobs") != std::string::npos);
  CHECK(shell.run("search ask j").code == 0);
}

TEST_CASE("two processes are never at work on one search, and a report looks on") {
  const BegunSearch search;
  const std::string other = "--version >/dev/null; flock j sleep 2 & sleep 0.2; " FORERUN_BINARY " ";
  const Answer answer = search.run(other + "search ask j");
  CHECK(answer.code == 3);
  CHECK(answer.err == "j: another process is at work on it; wait for that, or end it\n");
  CHECK(search.run(other + "search report j").code == 1);
}

TEST_CASE("a file that is no journal is left as it was") {
  const CommandLine shell;
  for (const std::string text : {"candidate,usd_per_h\na,1\nb,2", "{\"x\": 1}"})
    for (const std::string verb : {"ask f", "tell f a --seconds 1", "run f -- true", "report f"}) {
      put(shell.folder() / "f", text);
      CHECK(shell.run("search " + verb).code == 3);
      CHECK(get(shell.folder() / "f") == text);
    }
}

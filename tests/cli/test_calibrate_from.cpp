#include <array>
#include <catch2/catch.hpp>

#include "tests/cli/command_line.hpp"

using namespace forerun;

namespace {

const std::string kHeader = "run,group,workload,platform,strategy,set,metric,value,status\n";
const std::string kGpt =
    ",gpt,dgx-a100-80gb,\"data=4,micro-batch=1,runtime=megatron\",workload.layers=1 workload.hidden=8192 workload.heads=64 "
    "workload.vocabulary=50304 workload.attention=flash workload.precision=bf16 workload.optimizer=adam ";

/// A transformer whose gradients cross two nodes.
const std::string kWide =
    "platform.nodes=2 platform.nic-bandwidth=50GB/s workload.layers=1 workload.hidden=4096 workload.heads=32 workload.vocabulary=50304 "
    "workload.attention=flash "
    "workload.precision=bf16 workload.optimizer=adam workload.batch=16";

std::vector<std::string> between_spaces(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t begin = 0, end = 0; (end = text.find(' ', begin)) != std::string::npos; begin = end + 1)
    words.push_back(text.substr(begin, end - begin));
  return words;
}

/// Rows of a small transformer.
class Rows {
 public:
  explicit Rows(const CommandLine& shell) : shell_(shell) {}

  void add(const std::string& name, const std::string& group, const std::string& set, const std::string& value) {
    text_ += name + "," + group + kGpt + set + ",step_time_s," + value + ",ok\n";
  }

  void write() const { put(shell_.folder() / "runs.csv", kHeader + text_); }

  /// The values that `calibration` predicts of all rows, one a row.
  [[nodiscard]] std::vector<double> predicted(const std::string& calibration) const {
    const Answer answer = shell_.run("validate runs.csv --format json --calibration " + calibration);
    INFO(answer.err);
    REQUIRE(answer.code == 0);
    const YamlNode document = read_yaml_text(answer.out, "out");
    std::vector<double> values;
    for (const YamlNode& row : document.find("rows")->children) values.push_back(std::stod(value_of(row, "predicted")));
    return values;
  }

 private:
  const CommandLine& shell_;
  std::string text_;
};

const std::vector<std::string> kSets{"workload.sequence=512 workload.batch=16",  "workload.sequence=1024 workload.batch=8",
                                     "workload.sequence=2048 workload.batch=16", "workload.sequence=4096 workload.batch=8",
                                     "workload.sequence=512 workload.batch=64",  "workload.sequence=8192 workload.batch=4"};

/// Rows of the 80 GB model that take what the 40 GB model takes: the same products, a memory of 1,555 in the place of 2,039 GB/s.
void write_made_rows(const CommandLine& shell) {
  Rows guess(shell);
  for (std::size_t i = 0; i < kSets.size(); ++i) guess.add("r" + std::to_string(i), i < 4 ? "a" : "b", kSets[i], "1");
  guess.write();
  const std::vector<double> values = guess.predicted("a100-40gb");
  Rows made(shell);
  for (std::size_t i = 0; i < kSets.size(); ++i) made.add("r" + std::to_string(i), i < 4 ? "a" : "b", kSets[i], std::to_string(values[i]));
  made.write();
}

}  // namespace

TEST_CASE("a fit to measured runs writes a calibration that says how it was made") {
  const CommandLine shell;
  write_made_rows(shell);
  const Answer answer = shell.run("calibrate --from runs.csv --fit group=a --unknowns product-rate,memory-rate --format json -o fit.json");
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  const YamlNode document = read_yaml_text(answer.out, "out");
  CHECK(value_of(document, "origin") == "published");
  CHECK(value_of(document, "base") == "a100-80gb");
  CHECK(value_of(document, "rows") == "4");
  for (const YamlNode& property : document.find("properties")->children)
    if (value_of(property, "property") == "memory-rate")
      CHECK(std::stod(value_of(property, "value")) == Approx(0.75 * 1555 / 2039).epsilon(0.02));
  const std::string file = get(shell.folder() / "fit.json");
  for (const char* part :
       {"\"origin\": \"published\"", "\"row_count\":4", "\"run\":\"r3\"", "\"hash\":\"", "\"base\":\"a100-80gb\"", "\"name\": \"fit\""}) {
    INFO(part << " in " << file.substr(0, 1500));
    CHECK(file.find(part) != std::string::npos);
  }
}

TEST_CASE("pages show what was fitted beside the origin of the rest") {
  const CommandLine shell;
  write_made_rows(shell);
  REQUIRE(shell.run("calibrate --from runs.csv --fit group=a --unknowns memory-rate -o fit.json").code == 0);
  const std::string fitted = "memory-rate fitted to 4 rows of runs.csv";
  std::string scenario = "predict --workload gpt --platform dgx-a100-80gb --strategy data=16,runtime=megatron --calibration ./fit.json";
  for (const std::string& setting : between_spaces(kWide + " ")) scenario += " --set " + setting;
  const Answer prediction = shell.run(scenario);
  INFO(prediction.out << prediction.err);
  CHECK(prediction.out.find("calibration fit (published; " + fitted + ")\n") != std::string::npos);
  CHECK(prediction.out.find("  - of it " + fitted + "\n") != std::string::npos);
  CHECK(shell.run("show calibration ./fit.json").out.find("\n" + fitted + "\n") != std::string::npos);
  const YamlNode page = read_yaml_text(shell.run("show calibration ./fit.json --format json").out, "out");
  REQUIRE(page.find("fit") != nullptr);
  CHECK(value_of(*page.find("fit"), "base") == "a100-80gb");
}

TEST_CASE("a fitted calibration shows what was fitted with its interval and what it was before") {
  const CommandLine shell;
  write_made_rows(shell);
  REQUIRE(shell.run("calibrate --from runs.csv --fit group=a --unknowns memory-rate -o fit.json").code == 0);
  const Answer answer = shell.run("show calibration ./fit.json");
  CHECK(answer.out.find("calibration fit of ") == 0);
  CHECK(answer.out.find("\na100-80gb fitted to 4 rows of runs.csv, which it meets within ") != std::string::npos);
  CHECK(answer.out.find("\nmemory-rate  fitted  ") != std::string::npos);
  const YamlNode document = read_yaml_text(shell.run("show calibration ./fit.json --format json").out, "out");
  const YamlNode& property = document.find("fit")->find("properties")->children.at(0);
  CHECK(value_of(property, "property") == "memory-rate");
  CHECK(std::stod(value_of(property, "p10")) < std::stod(value_of(property, "p90")));
}

TEST_CASE("validate leaves out the rows that its calibration was fitted to") {
  const CommandLine shell;
  write_made_rows(shell);
  REQUIRE(shell.run("calibrate --from runs.csv --fit group=a --unknowns memory-rate -o fit.json").code == 0);
  const Answer answer = shell.run("validate runs.csv --calibration ./fit.json");
  CHECK(answer.code == 0);
  CHECK(answer.out.find("calibration fit was fitted to it") != std::string::npos);
  CHECK(answer.out.find("2 of 6 rows scored") != std::string::npos);
}

TEST_CASE("rows are taken evenly over the chosen ones") {
  const CommandLine shell;
  write_made_rows(shell);
  REQUIRE(shell.run("calibrate --from runs.csv --rows 3 --unknowns memory-rate -o fit.json").code == 0);
  const std::string file = get(shell.folder() / "fit.json");
  for (const char* name : {"r1", "r3", "r5"}) CHECK(file.find("\"run\":\"" + std::string(name) + "\"") != std::string::npos);
  for (const char* name : {"r0", "r2", "r4"}) CHECK(file.find("\"run\":\"" + std::string(name) + "\"") == std::string::npos);
}

TEST_CASE("a fitted link share belongs to its platform, and a setting stands above it") {
  const CommandLine shell;
  const auto rows = [](const std::string& more, const std::vector<double>& values) {
    std::string text = kHeader;
    const std::array<std::string, 3> sequences{"256", "512", "1024"};
    for (std::size_t i = 0; i < sequences.size(); ++i)
      text += "r" + sequences[i] + ",g,gpt,dgx-a100-80gb,\"data=16,micro-batch=1,runtime=megatron\"," + kWide + more +
              " workload.sequence=" + sequences[i] + ",step_time_s," + std::to_string(values[i]) + ",ok\n";
    return text;
  };
  put(shell.folder() / "runs.csv", rows(" platform.link-share=0.4", {1, 1, 1}));
  const std::vector<double> slow = Rows(shell).predicted("a100-80gb");
  put(shell.folder() / "runs.csv", rows("", slow));
  const Answer answer = shell.run("calibrate --from runs.csv --unknowns link-share -o fit.json");
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  CHECK(answer.out.find("with this calibration, platform dgx-a100-80gb has link-share=0.") != std::string::npos);
  std::string scenario = "predict --workload gpt --platform dgx-a100-80gb --strategy data=16,micro-batch=1,runtime=megatron --format json";
  for (const std::string& setting : between_spaces(kWide + " workload.sequence=512 ")) scenario += " --set " + setting;
  const auto step = [&](const std::string& more) {
    return std::stod(value_of(read_yaml_text(shell.run(scenario + " " + more).out, "out"), "step_time_s"));
  };
  CHECK(step("--calibration ./fit.json") == Approx(slow[1]).epsilon(0.01));
  CHECK(step("--calibration ./fit.json") > 1.2 * step(""));
  CHECK(step("--calibration ./fit.json --set platform.link-share=0.85") == Approx(step("")));
}

TEST_CASE("what cannot be fitted is refused where it stands, and nothing is written") {
  const CommandLine shell;
  const auto complaint = [&](const std::string& rows, const std::string& options) {
    put(shell.folder() / "runs.csv", rows);
    const Answer answer = shell.run("calibrate --from runs.csv -o fit.json " + options);
    CHECK(answer.code == 3);
    CHECK_FALSE(std::filesystem::exists(shell.folder() / "fit.json"));
    return answer.err;
  };
  const std::string row = "a,g" + kGpt + kSets[0] + ",step_time_s,";
  CHECK(complaint("", "").find("runs.csv") == 0);
  CHECK(complaint(kHeader, "").find("runs.csv:1: holds no measured runs") != std::string::npos);
  CHECK(complaint(kHeader + row + "1,ok\n", "").find("runs.csv: has 1 usable row to fit to") != std::string::npos);
  CHECK(complaint(kHeader + row + "-1,ok\n", "").find("runs.csv:2:") != std::string::npos);
  CHECK(complaint(kHeader + row + "1,ok\n", "--unknowns product-rte").find("Did you mean product-rate?") != std::string::npos);
  CHECK(complaint(kHeader + row + "1,ok\n", "--rows 7").find("--rows") != std::string::npos);
  CHECK(complaint(kHeader + row + "1,ok\n", "--fit group=h").find("no row has this name") != std::string::npos);
}

TEST_CASE("a fit needs a file for its calibration") {
  const CommandLine shell;
  put(shell.folder() / "runs.csv", kHeader);
  const Answer answer = shell.run("calibrate --from runs.csv");
  CHECK(answer.code == 3);
  CHECK(answer.err.find("--output: is needed with --from") != std::string::npos);
}

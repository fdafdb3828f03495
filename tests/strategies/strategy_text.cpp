#include "strategies/strategy_text.hpp"

#include <catch2/catch.hpp>

#include "core/error.hpp"

using namespace forerun;

namespace {
Strategy parse(const std::string& text) { return parse_strategy({text, "--strategy", 0, 0, ""}); }
}  // namespace

TEST_CASE("what a strategy leaves out comes from its runtime") {
  const Strategy ddp = parse("data=3,runtime=pytorch-ddp");
  CHECK(ddp.data == 3);
  CHECK(ddp.runtime == Runtime::pytorch_ddp);
  CHECK(ddp.overlap == Overlap::data);
  CHECK(ddp.bucket == Bytes(25 * kMiB));
  CHECK(ddp.first_bucket == Bytes(1 * kMiB));
  CHECK(parse("data=2").runtime == Runtime::forerun);
  CHECK(parse("data=2").overlap == Overlap::none);
}

TEST_CASE("what a strategy says overrides its runtime") {
  const Strategy strategy = parse("runtime=pytorch-ddp, bucket=512KiB, overlap=none ,data=2");
  CHECK(strategy.overlap == Overlap::none);
  CHECK(strategy.bucket == Bytes(512 * kKiB));
  CHECK(strategy.first_bucket == Bytes(512 * kKiB));
}

TEST_CASE("serial is one device") { CHECK(parse("serial") == parse("data=1")); }

TEST_CASE("a strategy's text reads back as the strategy") {
  for (const char* text : {"serial", "data=3,runtime=pytorch-ddp", "data=3,runtime=pytorch-ddp,overlap=none,bucket=2MiB",
                           "data=2,overlap=data", "data=8,bucket=100MiB"})
    CHECK(parse(strategy_text(parse(text))) == parse(text));
  CHECK(strategy_text(parse("data=3,runtime=pytorch-ddp")) == "data=3,runtime=pytorch-ddp");
}

TEST_CASE("every mistake in a strategy is reported at once") {
  try {
    parse("dta=2,data=0,bucket=5,bucket=6MiB,overlap");
    FAIL("accepted");
  } catch (const BadInput& error) {
    const std::string text = error.what();
    CHECK(text.find("Did you mean data?") != std::string::npos);
    CHECK(text.find("data: ") != std::string::npos);
    CHECK(text.find("given twice") != std::string::npos);
    CHECK(text.find("key=value") != std::string::npos);
    CHECK(error.problems().size() == 5);
  }
}

TEST_CASE("a bucket holds one element at least, and is written in whole bytes") {
  CHECK_THROWS_WITH(parse("data=2,bucket=0.5B"), Catch::Contains("bucket: holds not one element (got 0.5B, allowed at least 4 B)"));
  CHECK_THROWS_AS(parse("data=2,bucket=3B"), BadInput);
  CHECK(parse("data=2,bucket=4B").bucket == Bytes(4));
  CHECK(strategy_text(parse("data=2,bucket=6.5B")) == "data=2,bucket=7B,runtime=forerun");
  CHECK(parse(strategy_text(parse("data=2,bucket=6.5B"))) == parse("data=2,bucket=6.5B"));
}

TEST_CASE("an unknown runtime is refused with a suggestion, one that is not modelled yet with a clear word") {
  CHECK_THROWS_WITH(parse("runtime=pytorch-dpp"), Catch::Contains("Did you mean pytorch-ddp?"));
  CHECK_THROWS_AS(parse("runtime=horovod"), MissingCapability);
}

TEST_CASE("an axis that is not modelled yet is refused unless it asks for nothing") {
  CHECK_THROWS_AS(parse("data=2,tensor=4"), MissingCapability);
  CHECK_THROWS_AS(parse("zero=3"), MissingCapability);
  CHECK(parse("data=2,tensor=1,zero=0") == parse("data=2"));
}

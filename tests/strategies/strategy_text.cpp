#include "strategies/strategy_text.hpp"

#include <array>
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

TEST_CASE("a grid of one number is of rows alone") { CHECK(parse("spatial=2") == parse("spatial=2x1")); }

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

TEST_CASE("no backup workers are none, with or without servers") {
  CHECK(parse("data=2,backup-workers=0") == parse("data=2"));
  CHECK(parse("data=2,servers=1,backup-workers=0") == parse("data=2,servers=1"));
}

TEST_CASE("every axis and how it is executed is read") {
  const Strategy strategy = parse(
      "data=8,tensor=4,pipeline=2,context=2,zero=1,sequence-parallel=on,micro-batch=2,interleave=3,recompute=selective,"
      "order=data-tensor,offload=optimizer,overlap=all,runtime=megatron");
  CHECK(strategy.ranks() == 8 * 4 * 2 * 2);
  CHECK(strategy.zero == 1);
  CHECK(strategy.sequence_parallel);
  CHECK(strategy.micro_batch == 2);
  CHECK(strategy.interleave == 3);
  CHECK(strategy.schedule == Schedule::interleaved);
  CHECK(strategy.recompute == Recompute::selective);
  CHECK(strategy.order == std::array{Axis::data, Axis::tensor, Axis::context, Axis::expert, Axis::pipeline});
  CHECK(strategy.offload == Offload::optimizer);
  CHECK(strategy.overlap == Overlap::all);
  CHECK(strategy.runtime == Runtime::megatron);
  CHECK(parse("spatial=2x4").spatial == SpatialGrid{2, 4});
  CHECK(parse("schedule=zb-h1,pipeline=4").schedule == Schedule::zero_bubble_h1);
  CHECK(parse("runtime=pytorch-fsdp").zero == 3);
}

TEST_CASE("a strategy of every axis reads back from its text") {
  for (const char* text :
       {"data=8,tensor=4,pipeline=2,zero=1,sequence-parallel=on,micro-batch=2,interleave=3,recompute=selective,runtime=megatron",
        "data=4,zero=2,runtime=pytorch-fsdp", "filter=4", "channel=2,data=2", "spatial=2x2,data=4", "context=2,expert=2,data=4",
        "pipeline=4,schedule=gpipe,micro-batches=8", "tensor=2,order=data-tensor,overlap=tensor,collective=tree,first-bucket=1KiB"})
    CHECK(parse(strategy_text(parse(text))) == parse(text));
}

TEST_CASE("degrees and settings that cannot be are refused") {
  for (const char* text : {"tensor=0", "pipeline=-1", "data=1.5", "tensor=9999999", "zero=4", "spatial=2x", "spatial=0x2", "micro-batch=0",
                           "interleave=0", "schedule=2f2b", "recompute=some", "order=data-data", "sequence-parallel=perhaps"})
    CHECK_THROWS_AS(parse(text), BadInput);
  CHECK_THROWS_WITH(parse("micro-batch=2,micro-batches=4"), Catch::Contains("contradicts micro-batch"));
  CHECK_THROWS_WITH(parse("interleave=2"), Catch::Contains("needs a pipeline"));
  CHECK_THROWS_WITH(parse("pipeline=2,interleave=2,schedule=gpipe"), Catch::Contains("does not interleave"));
  CHECK_THROWS_WITH(parse("sequence-parallel=on"), Catch::Contains("tensor=2"));
}

TEST_CASE("degrees that multiply to more ranks than can be counted are refused, each of them small enough or not") {
  for (const char* text : {"data=65536,context=65536", "spatial=65536x65536", "data=1024,tensor=1024,pipeline=2",
                           "data=2,spatial=1024x1024", "filter=1048576,channel=1048576,data=1048576,spatial=1048576x1048576"})
    CHECK_THROWS_WITH(parse(text), Catch::Contains("too many ranks") && Catch::Contains("at most 1048576"));
  CHECK(parse("data=1024,tensor=32,pipeline=32").ranks() == 1 << 20);
  CHECK(parse("data=1048576,expert=1048576").ranks() == 1 << 20);
}

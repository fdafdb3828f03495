#include "sim/message.hpp"

#include <catch2/catch.hpp>

using namespace forerun;

TEST_CASE("a prediction comes through a pipe as it was") {
  Prediction prediction;
  prediction.engine = "sim";
  prediction.status = Status::failed;
  prediction.reason = std::string("a\0b", 3);
  prediction.origin = Origin::published;
  prediction.assumptions = {"one", "", "three"};
  prediction.step_time = Seconds(0.1);
  prediction.step_time_p10 = Seconds(0.09);
  prediction.step_time_p90 = Seconds(0.11);
  prediction.parts = Parts{Seconds(1), Seconds(2), Seconds(3), Seconds(4), Seconds(5)};
  prediction.comm_total = Seconds(0.2);
  prediction.epoch_time = Seconds(0.3);
  prediction.startup = Seconds(0.4);
  prediction.evaluation = Seconds(0.45);
  prediction.steps = 46;
  prediction.epochs_to_target = 0.47;
  prediction.energy = Joules(0.48);
  prediction.total_time = Seconds(0.5);
  prediction.total_time_p10 = Seconds(0.49);
  prediction.total_time_p90 = Seconds(0.51);
  prediction.throughput_samples_per_s = 0.6;
  prediction.memory_per_device = Bytes(7);
  prediction.memory_parts = {{"weights", Bytes(8)}, {"gradients", Bytes(9)}};
  prediction.comm_bytes_per_rank = Bytes(10);
  REQUIRE(sim::decode_prediction(sim::encode(prediction)) == prediction);
  REQUIRE(sim::decode_prediction(sim::encode(Prediction{})) == Prediction{});
}

TEST_CASE("what was played comes through a pipe as it was") {
  sim::Played played;
  played.makespan = Seconds(1);
  played.step_finishes = {Seconds(2), Seconds(3)};
  played.compute_finishes = {Seconds(4)};
  played.compute_parts = {Parts{Seconds(1), Seconds(2), Seconds(3), Seconds(4), Seconds(5)}};
  played.tail = Parts{Seconds(6), {}, {}, {}, Seconds(7)};
  played.observed_rank = 8;
  played.log = {{1, 2, 3, Seconds(4), Seconds(5)}};
  const sim::Played got = sim::decode_played(sim::encode(played));
  REQUIRE(got.makespan == played.makespan);
  REQUIRE(got.step_finishes == played.step_finishes);
  REQUIRE(got.compute_finishes == played.compute_finishes);
  REQUIRE(got.compute_parts == played.compute_parts);
  REQUIRE(got.tail == played.tail);
  REQUIRE(got.observed_rank == played.observed_rank);
  REQUIRE(got.log == played.log);
}

TEST_CASE("a truncated message is noticed at every length") {
  const std::string whole = sim::encode(Prediction{});
  for (std::size_t length = 0; length < whole.size(); ++length)
    REQUIRE_THROWS_AS(sim::decode_prediction(std::string_view(whole).substr(0, length)), SimulationFailed);
}

#include "sim/message.hpp"

#include <utility>

namespace forerun::sim {

namespace {

// One list of members serves both directions, so that they cannot differ.
template <class Coder, class Value>
void code_played(Coder&& field, Value& played) {
  field(played.makespan);
  field(played.step_finishes);
  field(played.compute_finishes);
  field(played.compute_parts);
  field(played.tail);
  field(played.copies);
  field(played.flows);
  field(played.observed_rank);
  field(played.log);
}

template <class Coder, class Value>
void code_prediction(Coder&& field, Value& prediction) {
  field(prediction.engine);
  field(prediction.status);
  field(prediction.reason);
  field(prediction.origin);
  field(prediction.assumptions);
  field(prediction.step_time);
  field(prediction.step_time_p10);
  field(prediction.step_time_p90);
  field(prediction.parts);
  field(prediction.comm_total);
  field(prediction.epoch_time);
  field(prediction.startup);
  field(prediction.evaluation);
  field(prediction.first_epoch_time);
  field(prediction.checkpoint_stall);
  field(prediction.checkpoint_write);
  field(prediction.checkpoint_bytes);
  field(prediction.steps);
  field(prediction.epochs_to_target);
  field(prediction.total_time);
  field(prediction.total_time_p10);
  field(prediction.total_time_p90);
  field(prediction.throughput_samples_per_s);
  field(prediction.throughput_tokens_per_s);
  field(prediction.mfu);
  field(prediction.energy);
  field(prediction.cost);
  field(prediction.price_date);
  field(prediction.memory_per_device);
  field(prediction.comm_bytes_per_rank);
}

}  // namespace

std::string encode(const Played& played) {
  Encoder encoder;
  code_played([&](const auto& member) { encoder.put(member); }, played);
  return encoder.take();
}

Played decode_played(std::string_view bytes) {
  Decoder decoder(bytes);
  Played played;
  code_played([&](auto& member) { decoder.get(member); }, played);
  return played;
}

std::string encode(const Prediction& prediction) {
  Encoder encoder;
  code_prediction([&](const auto& member) { encoder.put(member); }, prediction);
  encoder.put(prediction.memory_parts.size());
  for (const auto& [name, size] : prediction.memory_parts) encoder.put(name), encoder.put(size);
  return encoder.take();
}

Prediction decode_prediction(std::string_view bytes) {
  Decoder decoder(bytes);
  Prediction prediction;
  code_prediction([&](auto& member) { decoder.get(member); }, prediction);
  std::size_t count = 0;
  decoder.get(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::string name;
    Bytes size;
    decoder.get(name);
    decoder.get(size);
    prediction.memory_parts.emplace(std::move(name), size);
  }
  return prediction;
}

}  // namespace forerun::sim

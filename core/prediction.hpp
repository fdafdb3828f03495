#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/calibration.hpp"
#include "core/units.hpp"

namespace forerun {

enum class Status { ok, infeasible, failed };
std::string_view to_string(Status status);

/// Where a step's time goes on the rank class with most compute. The parts add up to the step.
struct Parts {
  Seconds compute;
  Seconds comm_exposed;
  Seconds bubble;
  Seconds input_exposed;
  Seconds overhead;

  [[nodiscard]] constexpr Seconds total() const { return compute + comm_exposed + bubble + input_exposed + overhead; }
  constexpr Parts& operator+=(const Parts& other) {
    compute += other.compute, comm_exposed += other.comm_exposed, bubble += other.bubble;
    input_exposed += other.input_exposed, overhead += other.overhead;
    return *this;
  }
  friend constexpr Parts operator-(const Parts& a, const Parts& b) {
    return {a.compute - b.compute, a.comm_exposed - b.comm_exposed, a.bubble - b.bubble, a.input_exposed - b.input_exposed,
            a.overhead - b.overhead};
  }
  friend constexpr Parts operator*(const Parts& a, double factor) {
    return {a.compute * factor, a.comm_exposed * factor, a.bubble * factor, a.input_exposed * factor, a.overhead * factor};
  }
  friend bool operator==(const Parts&, const Parts&) = default;
};

/// What an engine answers for a scenario: times, parts, memory, bytes moved; or why there is no answer.
/// A quantity that does not apply is empty, never zero. Field names are the keys of the JSON document.
struct Prediction {
  std::string engine;  ///< `oracle` or `sim`
  Status status = Status::ok;
  std::string reason;  ///< why it is infeasible or failed
  Origin origin = Origin::measured;
  std::vector<std::string> assumptions;

  std::optional<Seconds> step_time;
  std::optional<Seconds> step_time_p10;  ///< with step_time_p90 the middle 80 % of what is thought possible; empty where nobody asked
  std::optional<Seconds> step_time_p90;
  std::optional<Parts> parts;
  std::optional<Seconds> comm_total;  ///< a rank's transfers, exposed or not
  std::optional<Seconds> epoch_time;
  std::optional<Seconds> startup;
  std::optional<Seconds> evaluation;
  std::optional<Seconds> first_epoch_time;  ///< where later ones need not read what it read
  std::optional<Seconds> checkpoint_stall;  ///< of the run: what it takes longer for its checkpoints
  std::optional<Seconds> checkpoint_write;  ///< of one checkpoint, alone
  std::optional<Bytes> checkpoint_bytes;    ///< of one, all ranks together
  std::optional<std::int64_t> steps;        ///< of the run
  std::optional<double> epochs_to_target;
  std::optional<Seconds> total_time;
  std::optional<Seconds> total_time_p10;
  std::optional<Seconds> total_time_p90;
  std::optional<double> throughput_samples_per_s;
  std::optional<double> throughput_tokens_per_s;
  std::optional<double> mfu;     ///< model flops utilization: arithmetic of the model, without recomputation, over the devices' peak
  std::optional<Joules> energy;  ///< of the run
  std::optional<Dollars> cost;   ///< of the run
  std::string price_date;        ///< of the prices it rests on
  std::optional<Bytes> memory_per_device;
  std::map<std::string, Bytes> memory_parts;
  std::optional<Bytes> comm_bytes_per_rank;

  friend bool operator==(const Prediction&, const Prediction&) = default;
};

}  // namespace forerun

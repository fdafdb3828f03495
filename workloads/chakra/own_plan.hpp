#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/plan.hpp"

namespace forerun::chakra {

/// Whether a trace says that it was written from a plan of ours. BadInput as Messages, of its first message.
bool is_own(std::string_view bytes, const std::string& file);

/// Puts a plan together again from the traces that were written of it.
class OwnPlan {
 public:
  explicit OwnPlan(int ranks);
  ~OwnPlan();
  OwnPlan(const OwnPlan&) = delete;
  OwnPlan& operator=(const OwnPlan&) = delete;

  /// Adds the file of the next rank. BadInput: what parse_trace() refuses, attributes of ours that are missing, out of range or at odds
  /// with the published ones or with another rank's, an operation that the rank has no part in.
  void add(std::string_view bytes, const std::string& file);

  /// BadInput where the files make no plan without defects: `file` is the first of them.
  StepPlan finish(const std::string& file);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace forerun::chakra

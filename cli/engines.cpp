#include "cli/engines.hpp"

#include "oracle/predict.hpp"
#include "sim/simulate.hpp"

namespace forerun {

std::string_view to_string(Engine engine) { return engine == Engine::oracle ? "oracle" : "sim"; }

Predictor predictor(Engine engine) {
  if (engine == Engine::oracle) return [](const Scenario& scenario) { return oracle::predict(scenario); };
  return [](const Scenario& scenario) { return sim::predict(scenario); };
}

}  // namespace forerun

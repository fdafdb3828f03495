#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/workload.hpp"
#include "workloads/family_parameters.hpp"

namespace forerun {

/// A network whose sizes are parameters. A named model is a family with its parameters filled in (models/*.yaml).
struct Family {
  std::string_view name;
  std::string_view what;  ///< one line for people
  /// The network of these parameters; every parameter has a fallback. BadInput where sizes do not fit together.
  Workload (*build)(const std::string& name, FamilyParameters& parameters);
};

std::span<const Family> families();

/// The family of this name, or null.
const Family* find_family(std::string_view name);

// One file each.
Workload build_cosmoflow(const std::string& name, FamilyParameters& parameters);
Workload build_inception_v3(const std::string& name, FamilyParameters& parameters);
Workload build_mobilenet_v2(const std::string& name, FamilyParameters& parameters);
Workload build_resnet(const std::string& name, FamilyParameters& parameters);
Workload build_unet(const std::string& name, FamilyParameters& parameters);
Workload build_vgg(const std::string& name, FamilyParameters& parameters);
Workload build_dlrm(const std::string& name, FamilyParameters& parameters);
Workload build_lstm(const std::string& name, FamilyParameters& parameters);
Workload build_matrix_factorisation(const std::string& name, FamilyParameters& parameters);
Workload build_mllib_als(const std::string& name, FamilyParameters& parameters);
Workload build_mllib_k_means(const std::string& name, FamilyParameters& parameters);
Workload build_mllib_linear_regression(const std::string& name, FamilyParameters& parameters);
Workload build_mllib_logistic_regression(const std::string& name, FamilyParameters& parameters);
Workload build_gpt(const std::string& name, FamilyParameters& parameters);
Workload build_llama(const std::string& name, FamilyParameters& parameters);
Workload build_bert(const std::string& name, FamilyParameters& parameters);
Workload build_vit(const std::string& name, FamilyParameters& parameters);
Workload build_deepseek(const std::string& name, FamilyParameters& parameters);

}  // namespace forerun

#pragma once

#include <span>
#include <string_view>

#include "core/workload.hpp"
#include "io/text.hpp"
#include "io/yaml.hpp"

namespace forerun {

/// The keys that a setting may override in any workload, those of adapt() among them.
std::span<const std::string_view> workload_settings();

/// Sets `batch`, `samples`, how these lie in files, `precision` or `optimizer` from its text. BadInput for any other key or a value it
/// cannot have.
void set_field(Workload& workload, std::string_view key, const Text& value);

/// The workload that a document describes; what is wrong is collected, and the result is then of no use.
/// `name` is the workload's where the document gives none.
Workload read_description(const YamlNode& document, std::string_view name, Problems& problems);

}  // namespace forerun

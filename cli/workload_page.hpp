#pragma once

#include "cli/output.hpp"
#include "workloads/load.hpp"

namespace forerun {

/// How much of a workload is shown: blocks that are alike once, or each of them.
enum class Blocks { folded, all };

/// A workload's layers with their parameters, arithmetic and memory, and the totals. Figures of a folded layer are those of one of them.
Page workload_page(const LoadedWorkload& loaded, Blocks blocks);

/// The same network in Graphviz's language; its document and rows are those of workload_page().
Page workload_picture(const LoadedWorkload& loaded, Blocks blocks);

/// The names of the zoo, each with what it is.
Page workload_names_page();

}  // namespace forerun

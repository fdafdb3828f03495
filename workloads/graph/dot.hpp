#pragma once

#include <span>
#include <string>

#include "core/workload.hpp"
#include "workloads/fold.hpp"

namespace forerun {

/// The network as a graph in Graphviz's language: a node a layer with its kind and output, an edge a tensor that is read, a cluster a
/// block; a folded block's says how often it stands (`x 96`). `folds` is fold() or unfold() of the workload. Long networks are set in
/// columns of about fourteen rows, side by side, so that a picture fits a page.
std::string dot_text(const Workload& workload, std::span<const Fold> folds);

/// A text as a quoted string of that language, in which it stands as it is; control characters become spaces.
std::string dot_quoted(std::string_view text);

}  // namespace forerun

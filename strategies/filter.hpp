#pragma once

#include <string>

#include "strategies/local_model.hpp"

namespace forerun {

/// Splits every convolution's and dense layer's filters over `degree` ranks, as the filter parallelism of Kahira et al. (HPDC 2021,
/// sec. 3.4) does. Each rank has the whole of x:
///   forward    y_r = x W_r            then all-gather of y
///   backward   dL/dx = sum_r dL/dy_r W_r    by an all-reduce of dL/dx, of each layer that passes a gradient on
/// All other layers work on whole tensors, alike on every rank. Returns why the network cannot be split so, or nothing: a layer with fewer
/// filters than ranks, or with filters or groups that do not divide.
std::string split_over_filters(LocalModel& model, int degree);

/// Convolutions and dense layers, whose weights are a matrix of filters and channels.
bool has_filters(const LayerShape& shape);

/// Why `size` filters or channels of a layer do not go over `degree` ranks, or nothing.
std::string uneven_share(const LocalModel& model, const Layer& layer, std::string_view axis, std::string_view what, std::int64_t size,
                         int degree);

}  // namespace forerun

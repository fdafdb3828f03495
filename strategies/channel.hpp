#pragma once

#include <string>

#include "strategies/local_model.hpp"

namespace forerun {

/// Splits the input channels of every convolution and dense layer but those that read the samples over `degree` ranks, as the channel
/// parallelism of Kahira et al. (HPDC 2021, sec. 3.4) does:
///   forward    y = sum_r x_r W_r      by an all-reduce of y
///   backward   dL/dx_r = dL/dy W_r    then all-gather of dL/dx, of each layer that passes a gradient on
/// All other layers work on whole tensors, alike on every rank, and so do the first ones: three colours do not divide. Every rank has all
/// biases. Returns why the network cannot be split so, or nothing: a layer with fewer channels than ranks, or with channels or groups that
/// do not divide.
std::string split_over_channels(LocalModel& model, int degree);

}  // namespace forerun

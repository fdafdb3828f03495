#pragma once

#include <string>

#include "strategies/local_model.hpp"

namespace forerun {

/// Splits images over a grid of ranks, as the spatial parallelism of Kahira et al. (HPDC 2021, sec. 3.3) does: each has a part of every
/// activation's height and width, and all weights. From the layers that read the samples on, convolutions, pooling and functions of single
/// elements are split. A window of K rows at stride s with padding q reaches into the neighbours' rows; where parts begin at rows that the
/// stride meets
///   forward, of x          q rows of the one above, K - s - q of the one below
///   backward, of dL/dy     floor((K - 1 - q) / s) above, floor((q + s - 1) / s) below
/// and elsewhere what strategies/image_parts.hpp counts; columns alike, those with the corners after the rows. Each direction is one shift.
/// Of a max-pool no dL/dy is sent: the gradients that its windows leave of rows received go back after its backward pass. What needs all
/// positions (dense layers, pooling of the whole, losses) has them gathered before it and runs alike on every rank; the gradient is reduced
/// and scattered behind it. Extents that do not divide are priced by the largest part. Batch norms use the statistics of their part.
/// Neglects the memory of the rows received. Returns why the network cannot be split so, or nothing: a layer with fewer rows or columns
/// than the grid, or a window that reaches beyond its neighbours.
std::string split_over_spatial(LocalModel& model, const SpatialGrid& grid);

}  // namespace forerun

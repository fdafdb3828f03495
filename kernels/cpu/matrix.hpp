#pragma once

#include <Eigen/Core>

namespace forerun::cpu {

/// Row-major views of plain arrays.
using RowMajorMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Matrix = Eigen::Map<RowMajorMatrix>;
using ConstMatrix = Eigen::Map<const RowMajorMatrix>;
/// The same of which only some columns belong to the view.
using StridedMatrix = Eigen::Map<RowMajorMatrix, Eigen::Unaligned, Eigen::OuterStride<>>;
using ConstStridedMatrix = Eigen::Map<const RowMajorMatrix, Eigen::Unaligned, Eigen::OuterStride<>>;
using RowVector = Eigen::Map<Eigen::RowVectorXf>;
using ConstRowVector = Eigen::Map<const Eigen::RowVectorXf>;
using Array = Eigen::Map<Eigen::ArrayXf>;
using ConstArray = Eigen::Map<const Eigen::ArrayXf>;

}  // namespace forerun::cpu

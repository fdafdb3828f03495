#pragma once

#include "core/calibration.hpp"

/// Layers whose time on a GPU is that of matrix products: forward, backward_weights and backward_data, not the update.
namespace forerun {

/// n = batch x positions rows, C inputs, C' outputs, E experts of which each has n / E rows in one grouped product:
///   forward           [n x C] [C x C']
///   backward-data     [n x C'] [C' x C]
///   backward-weights  [C' x n] [n x C] at the weight gradient's rate; the sum of the bias's gradient reads n C' more; where gradients
///                     are added up (mixed precision) gradient_bytes a weight
/// Rows that are no multiple of 16 bytes long take the unaligned rate: a vocabulary of odd size. In fp8 the activation, or its gradient,
/// is cast: 4 bytes an element for the absolute maximum, the copy and its transpose [NVIDIA Transformer Engine, "Using FP8"].
/// A forward bias is part of the product or of the kernel after it.
Seconds gpu_dense_time(const GpuModel& gpu, const Kernel& kernel);

/// As implicit matrix products [Chetlur et al. 2014, cuDNN, sec. 3], b = batch, C and C' channels, K volume of the window, s of the
/// stride, g groups, each a product of its own:
///   forward           b output positions x C' / g, depth C K / g
///   backward-data     b input positions x C / g, depth C' K / (g s)
///   backward-weights  C K / g x C' / g, depth b output positions, split over all multiprocessors
/// at the rate of ConvolutionShares; the other way round for transposed convolutions. Windows of 3 x 3 with stride 1 in fp32 are Winograd's
/// where that is faster and its scratch memory is allowed: 25 products for tiles of 3 x 3 results [Lavin & Gray 2016, sec. 4.1]
///   forward           b tiles x C', depth C;   backward-data  b tiles x C, depth C';   backward-weights  C x C', depth b tiles
/// so that few channels gain little. A convolution of each channel apart (g = C) moves its operands once. Neglects changes of layout, and
/// algorithms by Fourier transform.
Seconds gpu_convolution_time(const GpuModel& gpu, const Kernel& kernel);

/// b batch, p positions, C inputs, C' outputs; gates of all positions in one product, the recurrence step by step:
///   forward           [b p x C] [C x 4 C'], and p times [b x C'] [C' x 4 C'] with the gates' kernel
///   backward-weights  p times the recurrence backwards with its gates, and the gradients of both weight matrices
///   backward-data     [b p x 4 C'] [4 C' x C]
/// Neglects cuDNN's persistent kernels, which keep weights in registers.
Seconds gpu_lstm_time(const GpuModel& gpu, const Kernel& kernel);

/// A product of two activations, or of each sample's vectors with one another; two products for the gradients.
Seconds gpu_product_time(const GpuModel& gpu, const Kernel& kernel);

}  // namespace forerun

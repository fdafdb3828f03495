#pragma once

#include <string>

#include "core/calibration.hpp"
#include "core/platform.hpp"

namespace forerun {

/// The calibration of one core as times of `cores` cores of another processor that work on each kernel together, by published figures:
///   products (dense, convolutions, attention)   rate x A, bandwidth x M
///   all other kernels                           rate and bandwidth x min(A, M), since a cache or memory feeds them
///   A = cores x clock x operations a cycle over those of the core that was measured; M = the same of its share of memory bandwidth
/// What a call takes beside (overhead) stays. Neglects that cores share a kernel with a loss, that clocks fall under wide vectors, and
/// other caches. The origin becomes `published`, and slow spells of the measured machine are left out. Precondition: ratios above zero,
/// a calibration of kernels, no GPU's.
Calibration scaled_calibration(const Calibration& calibration, const ScaledTimes& ratios);

/// The ratios of a platform that names its processor over the machine that a shipped calibration was measured on; nothing where either is
/// not known. Of a platform on that very processor, too: it has other cores.
std::optional<ScaledTimes> scaling(const Platform& platform, const Calibration& calibration);

/// `scaled from one core of epyc-9004 to 4 cores of skylake-sp by published figures (...)`.
std::string scaling_text(const ScaledTimes& ratios);

}  // namespace forerun

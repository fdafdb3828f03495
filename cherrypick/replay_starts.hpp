#pragma once

#include <vector>

#include "cherrypick/candidate.hpp"
#include "cherrypick/random.hpp"

/// What replayed searches draw beside the search itself.
namespace forerun::cherrypick {

std::vector<int> permutation(std::size_t count, Random& random);

/// The error of a simulator: alike where configurations are alike. A draw from a Gaussian process with a Matern-5/2 kernel whose length is
/// half the range of each feature, moved and scaled to mean 0 and deviation 1 over the catalogue: what all configurations have in common
/// misleads nobody, and is no error.
std::vector<double> smooth_errors(const Catalogue& catalogue, Random& random);

}  // namespace forerun::cherrypick

#pragma once

#include <vector>

#include "cherrypick/candidate.hpp"
#include "cherrypick/random.hpp"

/// What replayed searches draw beside the search itself.
namespace forerun::cherrypick {

/// The first points of a Sobol sequence under Owen's nested scrambling, each moved to the nearest candidate not taken yet. `count` <= 3; of
/// more than eight features the directions repeat.            [Joe & Kuo 2008, SIAM J. Sci. Comput. 30, direction numbers; Owen 1995]
std::vector<int> sobol_starts(const Catalogue& catalogue, int count, Random& random);

std::vector<int> permutation(std::size_t count, Random& random);

/// The error of a simulator: alike where configurations are alike. A draw from a Gaussian process of deviation 1 with a Matern-5/2 kernel
/// whose length is the whole range of each feature.
std::vector<double> smooth_errors(const Catalogue& catalogue, Random& random);

}  // namespace forerun::cherrypick

#pragma once

#include <Eigen/Core>
#include <optional>
#include <vector>

#include "cherrypick/goal.hpp"
#include "cherrypick/random.hpp"
#include "cherrypick/surrogate.hpp"

/// What is tried before there is anything to learn from. Candidates are named by id; those that are excluded are passed over.
namespace forerun::cherrypick {

/// A job that ran before on candidates of this catalogue: the result of each, nothing where it did not run.
using PastJob = std::vector<std::optional<Result>>;

/// Cold: one candidate at random among those whose memory lies between the 60th and the 90th percentile, since what fits only into large
/// memory shows itself nowhere else; then, again and again, the one farthest from all before. Where memory is unknown the first is any.
std::vector<int> spread_starts(const Catalogue& catalogue, const Eigen::MatrixXd& features, int count, Random& random);

/// After those in `starts`, up to `count` in all: the first three points of a Sobol sequence under Owen's nested scrambling, each moved to
/// the nearest candidate not taken yet. Of more than eight features the directions repeat.
///                                               [Joe & Kuo 2008, SIAM J. Sci. Comput. 30, direction numbers; Owen 1995]
std::vector<int> sobol_starts(const Catalogue& catalogue, int count, Random& random, std::vector<int> starts = {});

/// Cold where the goal has limits: one of large memory as spread_starts() has it, then Sobol points. The corners of the catalogue, where
/// what is farthest lies, miss limits more often than its inside.
std::vector<int> inner_starts(const Catalogue& catalogue, const Eigen::MatrixXd& features, int count, Random& random);

/// The candidate farthest in features from all of `others`, the lowest id among equals; -1 if none is left. `free`: what may be taken.
int farthest(const Eigen::MatrixXd& features, const std::vector<int>& others, const std::vector<bool>& free);

/// Portfolio: greedily the candidates that together served past jobs best,
///   next = argmin_j mean over jobs of min(best so far of the job, log(value_j / the job's least))
/// What did not run, or by accident not to its end, counts as the job's worst; what failed too, or as what it spent if that is more. Empty
/// where no past job has a run that went well.
std::vector<int> portfolio_starts(const Catalogue& catalogue, const std::vector<PastJob>& history, const Latent& latent, int count);

/// The best predictions, any two at least 0.15 apart in squared distance; those that would miss the goal's limits last.
std::vector<int> predicted_starts(const Catalogue& catalogue, const Eigen::MatrixXd& features, const Predictions& predictions,
                                  const Latent& latent, int count);

}  // namespace forerun::cherrypick

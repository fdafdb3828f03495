#pragma once

#include <string>
#include <vector>

namespace forerun {

/// What became of a property that a fit was asked for: fitted to the rows, or kept at what the calibration said because they do not tell
/// it.
enum class Standing { fitted, kept };

/// A physical property of a device or a link after a fit, in its own unit.
struct FittedProperty {
  std::string name;
  Standing standing = Standing::fitted;
  double published = 0;  ///< before the fit
  double value = 0;
  double p10 = 0;  ///< of a kept property: of its spread before the fit
  double p90 = 0;
  std::string why;  ///< why it was kept; of a fitted one empty, or that it ended at a bound

  friend bool operator==(const FittedProperty&, const FittedProperty&) = default;
};

/// A measured run that a calibration was fitted to. Its hash is of what was run and measured, whatever the row is called.
struct FittedRow {
  std::string run;
  std::string hash;

  friend bool operator==(const FittedRow&, const FittedRow&) = default;
};

/// How a calibration was fitted: from which, to which rows, and what came of it.
struct FitRecord {
  std::string base;                   ///< name of the calibration before
  std::string file;                   ///< of the measured runs
  double noise = 0;                   ///< typical |log(predicted / measured)| that is left of the fitted rows
  std::string platform;               ///< whose `settings` were fitted; empty without any
  std::vector<std::string> settings;  ///< of that platform, `link-share=0.71`
  std::vector<FittedProperty> properties;
  std::vector<std::string> warnings;
  std::vector<FittedRow> rows;

  friend bool operator==(const FitRecord&, const FitRecord&) = default;
};

}  // namespace forerun

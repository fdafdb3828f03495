#pragma once

/// Student's t distribution, for means and slopes whose deviation was estimated from few values.
namespace forerun {

/// The share of the distribution with `freedom` >= 1 degrees of freedom that lies within [-t, t], t >= 0.
///   theta = atan(t / sqrt(n)), n = freedom
///   odd n > 1:  2/pi (theta + sin theta (cos theta + 2/3 cos^3 theta + ... + 2 4 ... (n-3) / (3 5 ... (n-2)) cos^(n-2) theta))
///   even n:     sin theta (1 + 1/2 cos^2 theta + ... + 1 3 ... (n-3) / (2 4 ... (n-2)) cos^(n-2) theta)
///                                                                       [Abramowitz & Stegun 1964, 26.7.3 and 26.7.4]
double student_within(double t, int freedom);

/// The t below which nine tenths of the distribution lie: 3.078 of one degree of freedom, 1.282 of many.
double student90(int freedom);

}  // namespace forerun

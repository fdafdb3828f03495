#pragma once

#include <optional>
#include <string>
#include <vector>

namespace forerun::report {

/// A point of a scatter plot with the ranges that its coordinates may lie in, all above zero, in the axes' units.
struct Point {
  struct Range {
    double low = 0;
    double high = 0;
  };

  double x = 0;
  double y = 0;
  std::optional<Range> x_range;
  std::optional<Range> y_range;
  std::string label;
  bool front = false;  ///< no other point is both lower and further left
  bool here = false;   ///< the one that others are compared with
  int number = 0;      ///< on its disc; 0: its place among the points, from 1
};

struct Scatter {
  std::string title;
  std::string x_title;
  std::string y_title;
  std::string here;   ///< what the point `here` is called: `you are here`
  std::string front;  ///< what the line through the front says
  std::vector<Point> points;
  std::optional<double> x_limit;  ///< a line that points should lie left of
  std::string limit;              ///< what it is called
};

/// The plot as a picture of its own, SVG 1.1 without scripts or fonts: axes logarithmic from a factor of four between the ends on, each
/// point a numbered disc with its ranges as lines and its label beside the plot, the points of the front joined by steps. Texts are
/// escaped. Precondition: at least one point; coordinates finite and above zero.
std::string scatter_svg(const Scatter& scatter);

}  // namespace forerun::report

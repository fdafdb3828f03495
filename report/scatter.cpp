#include "report/scatter.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <string_view>

#include "io/format.hpp"

namespace forerun::report {
namespace {

constexpr double kLeft = 76, kTop = 54, kPlotWidth = 560, kLeastHeight = 420, kBelow = 58;
constexpr double kLegendLeft = kLeft + kPlotWidth + 26, kLeastLegend = 300, kLine = 19;
constexpr double kCharacter = 7.1;      // a wide guess at the mean width of one
constexpr double kLogarithmicFrom = 4;  // the largest over the smallest
constexpr double kMargin = 0.06;        // of an axis, before its first and behind its last point
constexpr double kRadius = 9.5;

constexpr std::string_view kPlain = "#7f8c9b", kFront = "#1f6f54", kHere = "#c8553d", kGrid = "#e3e6ea", kInk = "#22272e";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

/// From values to places on the page.
class Axis {
 public:
  Axis(double low, double high, double from, double to) : logarithmic_(high / low >= kLogarithmicFrom), from_(from), to_(to) {
    low_ = scaled(low), high_ = scaled(high);
    if (high_ - low_ < 1e-9 * std::max(1.0, std::abs(high_))) low_ -= 0.5 * std::max(std::abs(low_), 1e-9), high_ = 2 * high_ - low_;
    const double margin = kMargin * (high_ - low_);
    low_ -= margin, high_ += margin;
  }
  [[nodiscard]] double at(double value) const { return from_ + (scaled(value) - low_) / (high_ - low_) * (to_ - from_); }

  /// Round values inside: 1, 2 and 5 times powers of ten; on a long logarithmic axis the powers alone, on a linear one even steps.
  [[nodiscard]] std::vector<double> ticks() const {
    std::vector<double> out;
    if (!logarithmic_) {
      const double rough = (high_ - low_) / 5, power = std::pow(10, std::floor(std::log10(rough)));
      const double step = power * (rough / power < 1.5 ? 1 : rough / power < 3.5 ? 2 : rough / power < 7.5 ? 5 : 10);
      for (double tick = std::ceil(low_ / step) * step; tick <= high_; tick += step)
        if (tick > 0) out.push_back(tick);
      return out;
    }
    const bool many = high_ - low_ > 3;
    for (double power = std::floor(low_); power <= high_; ++power)
      for (const double digit : {1.0, 2.0, 5.0})
        if (const double tick = power + std::log10(digit); tick >= low_ && tick <= high_ && (digit == 1 || !many))
          out.push_back(std::pow(10, tick));
    return out;
  }

 private:
  [[nodiscard]] double scaled(double value) const { return logarithmic_ ? std::log10(value) : value; }

  bool logarithmic_;
  double low_ = 0, high_ = 1, from_, to_;
};

struct Layout {
  Axis x, y;
  double bottom;
};

Layout lay_out(const Scatter& scatter, double height) {
  double left = scatter.points.front().x, right = left, low = scatter.points.front().y, high = low;
  const auto take = [](double value, double& least, double& most) { least = std::min(least, value), most = std::max(most, value); };
  for (const Point& point : scatter.points) {
    take(point.x, left, right), take(point.y, low, high);
    if (point.x_range) take(point.x_range->low, left, right), take(point.x_range->high, left, right);
    if (point.y_range) take(point.y_range->low, low, high), take(point.y_range->high, low, high);
  }
  if (scatter.x_limit) take(*scatter.x_limit, left, right);
  return {{left, right, kLeft, kLeft + kPlotWidth}, {low, high, kTop + height, kTop}, kTop + height};
}

std::string text(double x, double y, std::string_view words, std::string_view more = "") {
  return format("<text x=\"{:.1f}\" y=\"{:.1f}\" {}>{}</text>\n", x, y, more, escaped(words));
}

std::string line(double x1, double y1, double x2, double y2, std::string_view colour, std::string_view more = "") {
  return format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\" {}/>\n", x1, y1, x2, y2, colour, more);
}

std::string axes(const Scatter& scatter, const Layout& layout) {
  std::string out;
  for (const double tick : layout.x.ticks()) {
    const double x = layout.x.at(tick);
    out += line(x, kTop, x, layout.bottom, kGrid);
    out += text(x, layout.bottom + 18, format("{:.4g}", tick), "text-anchor=\"middle\"");
  }
  for (const double tick : layout.y.ticks()) {
    const double y = layout.y.at(tick);
    out += line(kLeft, y, kLeft + kPlotWidth, y, kGrid);
    out += text(kLeft - 8, y + 4, format("{:.6g}", tick), "text-anchor=\"end\"");
  }
  out += format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{:.1f}\" fill=\"none\" stroke=\"{}\"/>\n", kLeft, kTop, kPlotWidth,
                layout.bottom - kTop, kInk);
  out += text(kLeft + kPlotWidth / 2, layout.bottom + 42, scatter.x_title, "text-anchor=\"middle\"");
  const double middle = (kTop + layout.bottom) / 2;
  out +=
      format("<text transform=\"translate(20 {:.1f}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n", middle, escaped(scatter.y_title));
  return out;
}

/// The front as steps: until a point's x no other is as low as it.
std::string front_line(const Scatter& scatter, const Layout& layout) {
  std::vector<const Point*> front;
  for (const Point& point : scatter.points)
    if (point.front) front.push_back(&point);
  if (front.size() < 2) return "";
  std::ranges::sort(front, {}, &Point::x);
  std::string path;
  for (const Point* point : front) {
    const double x = layout.x.at(point->x), y = layout.y.at(point->y);
    path += path.empty() ? format("M{:.1f} {:.1f}", x, y) : format(" H{:.1f} V{:.1f}", x, y);
  }
  return format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\" stroke-opacity=\"0.5\"/>\n", path, kFront);
}

std::string_view colour_of(const Point& point) { return point.here ? kHere : point.front ? kFront : kPlain; }

std::string ranges(const Point& point, const Layout& layout) {
  const double x = layout.x.at(point.x), y = layout.y.at(point.y);
  constexpr std::string_view kThin = "stroke-width=\"1.4\" stroke-opacity=\"0.55\"";
  std::string out;
  if (point.x_range) out += line(layout.x.at(point.x_range->low), y, layout.x.at(point.x_range->high), y, colour_of(point), kThin);
  if (point.y_range) out += line(x, layout.y.at(point.y_range->low), x, layout.y.at(point.y_range->high), colour_of(point), kThin);
  return out;
}

std::string disc(double x, double y, std::size_t place, const Point& point) {
  return format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\" fill=\"{}\" stroke=\"white\"/>\n", x, y, kRadius, colour_of(point)) +
         text(x, y + 3.6, std::to_string(point.number > 0 ? point.number : static_cast<int>(place)),
              "text-anchor=\"middle\" font-size=\"10\" fill=\"white\"");
}

std::string discs(const Scatter& scatter, const Layout& layout) {
  std::string out, here;
  for (std::size_t i = 0; i < scatter.points.size(); ++i) {
    const Point& point = scatter.points[i];
    const double x = layout.x.at(point.x), y = layout.y.at(point.y);
    if (!point.here) {
      out += disc(x, y, i + 1, point);
      continue;
    }
    // Above all others, and its words to the side that has room.
    const bool at_right = x > kLeft + kPlotWidth - 110;
    here +=
        format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>\n", x, y, kRadius + 4, kHere);
    here += disc(x, y, i + 1, point);
    here += text(at_right ? x - 18 : x + 18, y - 10, scatter.here,
                 format("fill=\"{}\" font-weight=\"bold\" text-anchor=\"{}\"", kHere, at_right ? "end" : "start"));
  }
  return out + here;
}

std::string legend(const Scatter& scatter) {
  std::string out;
  double y = kTop + kRadius;
  for (std::size_t i = 0; i < scatter.points.size(); ++i, y += kLine) {
    out += disc(kLegendLeft + kRadius, y - 4, i + 1, scatter.points[i]);
    out += text(kLegendLeft + 2 * kRadius + 8, y, scatter.points[i].label);
  }
  if (!scatter.front.empty()) out += text(kLegendLeft, y + 8, scatter.front, format("fill=\"{}\"", kFront));
  return out;
}

}  // namespace

std::string scatter_svg(const Scatter& scatter) {
  assert(!scatter.points.empty());
  const double height = std::max(kLeastHeight, kLine * static_cast<double>(scatter.points.size() + 2));
  const Layout layout = lay_out(scatter, height);
  std::size_t longest = scatter.front.size();
  for (const Point& point : scatter.points) longest = std::max(longest, point.label.size());
  const double width = kLegendLeft + std::max(kLeastLegend, 2 * kRadius + 16 + kCharacter * static_cast<double>(longest));
  std::string out = format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" font-family=\"sans-serif\" "
      "font-size=\"12.5\" fill=\"{2}\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
      width, kTop + height + kBelow, kInk);
  out += text(kLeft, 26, scatter.title, "font-size=\"16\" font-weight=\"bold\"") + axes(scatter, layout);
  if (scatter.x_limit) {
    const double x = layout.x.at(*scatter.x_limit);
    out += line(x, kTop, x, layout.bottom, kHere, "stroke-dasharray=\"6 4\" stroke-width=\"1.5\"");
    out += text(x - 5, kTop + 14, scatter.limit, format("text-anchor=\"end\" fill=\"{}\"", kHere));
  }
  out += front_line(scatter, layout);
  for (const Point& point : scatter.points) out += ranges(point, layout);
  return out + discs(scatter, layout) + legend(scatter) + "</svg>\n";
}

}  // namespace forerun::report

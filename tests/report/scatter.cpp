#include "report/scatter.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace forerun::report {
namespace {

Point at(double x, double y, const std::string& label = "p") { return {.x = x, .y = y, .label = label}; }

/// Where a point's disc lies: the n-th circle of the picture.
std::pair<double, double> disc(const std::string& svg, std::size_t n) {
  std::size_t at = 0;
  for (std::size_t i = 0; i <= n; ++i) at = svg.find("<circle cx=\"", at) + 12;
  const std::size_t y = svg.find("cy=\"", at) + 4;
  return {std::stod(svg.substr(at)), std::stod(svg.substr(y))};
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++found;
  return found;
}

}  // namespace

TEST_CASE("a point further right is slower, and one further up dearer", "[unit]") {
  const std::string svg = scatter_svg({.points = {at(1, 10), at(2, 30)}});
  CHECK(disc(svg, 0).first < disc(svg, 1).first);
  CHECK(disc(svg, 0).second > disc(svg, 1).second);
}

TEST_CASE("axes are logarithmic where values differ by more than a factor of four", "[unit]") {
  const std::string wide = scatter_svg({.points = {at(1, 1), at(10, 1), at(100, 2)}});
  CHECK(disc(wide, 1).first == Approx((disc(wide, 0).first + disc(wide, 2).first) / 2).margin(0.2));
  const std::string narrow = scatter_svg({.points = {at(10, 1), at(15, 1), at(20, 2)}});
  CHECK(disc(narrow, 1).first == Approx((disc(narrow, 0).first + disc(narrow, 2).first) / 2).margin(0.2));
}

TEST_CASE("the front is joined by steps, and the point that is here is ringed and called so", "[unit]") {
  Scatter scatter{.here = "you are here", .points = {at(1, 9), at(2, 5), at(3, 7)}};
  scatter.points[0].front = scatter.points[1].front = true;
  CHECK(count(scatter_svg(scatter), "<path d=\"M") == 1);
  CHECK(count(scatter_svg(scatter), "you are here") == 0);
  scatter.points[2].here = true;
  CHECK(count(scatter_svg(scatter), "you are here") == 1);
  scatter.points[1].front = false;
  CHECK(count(scatter_svg(scatter), "<path d=\"M") == 0);
}

TEST_CASE("a disc shows its point's place, or the number that the point has", "[unit]") {
  Scatter scatter{.points = {at(1, 9), at(2, 5)}};
  CHECK(count(scatter_svg(scatter), ">2</text>") >= 2);
  scatter.points[1].number = 37;
  CHECK(count(scatter_svg(scatter), ">37</text>") == 2);
}

TEST_CASE("one point alone has a picture, without a division by nothing", "[limit]") {
  const std::string svg = scatter_svg({.points = {at(5, 7)}});
  CHECK(count(svg, "nan") == 0);
  CHECK(count(svg, "inf") == 0);
  CHECK(disc(svg, 0).first > 76);
  CHECK(disc(svg, 0).first < 636);
}

TEST_CASE("labels of strangers are text and no markup", "[unit]") {
  const std::string svg = scatter_svg({.title = "a & b", .points = {at(1, 1, "<script>\"x\"</script>")}});
  CHECK(count(svg, "<script>") == 0);
  CHECK(count(svg, "&lt;script&gt;&quot;x&quot;") == 1);
  CHECK(count(svg, "a &amp; b") == 1);
}

TEST_CASE("a limit is drawn inside the plot, however far it lies", "[unit]") {
  const std::string svg = scatter_svg({.points = {at(1, 1), at(2, 2)}, .x_limit = 3, .limit = "deadline"});
  CHECK(count(svg, "stroke-dasharray") == 1);
  CHECK(count(svg, ">deadline<") == 1);
  CHECK(disc(svg, 1).first < 636);
}

}  // namespace forerun::report

#include "core/units.hpp"

#include <catch2/catch.hpp>
#include <type_traits>

using namespace forerun;

TEST_CASE("bytes over a bandwidth are seconds") {
  const auto time = Bytes(100) / BytesPerSecond(25);
  STATIC_REQUIRE(std::is_same_v<decltype(time), const Seconds>);
  CHECK(time == Seconds(4));
}

TEST_CASE("a quotient of like quantities is a plain number") {
  const auto ratio = Seconds(3) / Seconds(2);
  STATIC_REQUIRE(std::is_same_v<decltype(ratio), const double>);
  CHECK(ratio == 1.5);
}

TEST_CASE("a rate times a time is an amount") {
  STATIC_REQUIRE(std::is_same_v<decltype(FlopsPerSecond(2) * Seconds(3)), Flops>);
  CHECK(FlopsPerSecond(2) * Seconds(3) == Flops(6));
}

TEST_CASE("quantities add, subtract, scale and compare within their dimension") {
  Seconds time(1);
  time += Seconds(2);
  time -= Seconds(0.5);
  time *= 2;
  CHECK(time == Seconds(5));
  CHECK(Seconds(7) - Seconds(2) == time);
  CHECK(2.0 * Seconds(2.5) == time);
  CHECK(Seconds(10) / 2 == time);
  CHECK(Seconds(1) < Seconds(2));
}

TEST_CASE("binary prefixes are powers of 1024") {
  CHECK(kKiB == 1024);
  CHECK(kMiB == 1048576);
  CHECK(kGiB == 1073741824);
}

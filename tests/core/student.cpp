#include "core/student.hpp"

#include <catch2/catch.hpp>

#include "core/normal.hpp"

using namespace forerun;

TEST_CASE("nine tenths of Student's distribution lie below the t of the tables", "[paper]") {
  // Abramowitz & Stegun 1964, table 26.10, A = 0.8.
  CHECK(student90(1) == Approx(3.078).margin(5e-4));
  CHECK(student90(2) == Approx(1.886).margin(5e-4));
  CHECK(student90(3) == Approx(1.638).margin(5e-4));
  CHECK(student90(4) == Approx(1.533).margin(5e-4));
  CHECK(student90(7) == Approx(1.415).margin(5e-4));
  CHECK(student90(30) == Approx(1.310).margin(5e-4));
}

TEST_CASE("of many degrees of freedom Student's distribution is the normal one", "[limit]") {
  CHECK(student90(100'000) == Approx(kNormal90).epsilon(1e-4));
}

TEST_CASE("the share within t grows from none to all", "[limit]") {
  for (const int freedom : {1, 2, 3, 8}) {
    CHECK(student_within(0, freedom) == 0);
    CHECK(student_within(1, freedom) < student_within(2, freedom));
    CHECK(student_within(1e9, freedom) == Approx(1).epsilon(1e-6));
  }
}

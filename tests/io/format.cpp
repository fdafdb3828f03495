#include "io/format.hpp"

#include <catch2/catch.hpp>
#include <limits>

namespace forerun {

TEST_CASE("times are shown in the unit that suits with three digits", "[unit]") {
  CHECK(human(Seconds(0)) == "0 s");
  CHECK(human(Seconds(2.5e-9)) == "2.50 ns");
  CHECK(human(Seconds(12.34e-6)) == "12.3 us");
  CHECK(human(Seconds(0.0123)) == "12.3 ms");
  CHECK(human(Seconds(1)) == "1.00 s");
  CHECK(human(Seconds(59.94)) == "59.9 s");
  CHECK(human(Seconds(90)) == "1.50 min");
  CHECK(human(Seconds(5400)) == "1.50 h");
  CHECK(human(Seconds(172800)) == "2.00 d");
  CHECK(human(Seconds(-0.0123)) == "-12.3 ms");
  CHECK(human(Seconds(1e-10)) == "0.100 ns");
}

TEST_CASE("rounding up moves to the next unit", "[limit]") {
  CHECK(human(Seconds(999.4e-6)) == "999 us");
  CHECK(human(Seconds(999.7e-6)) == "1.00 ms");
  CHECK(human(Seconds(9.994e-3)) == "9.99 ms");
  CHECK(human(Seconds(9.996e-3)) == "10.0 ms");
  CHECK(human(Seconds(99.96e-3)) == "100 ms");
}

TEST_CASE("sizes have binary prefixes, rates decimal ones", "[unit]") {
  CHECK(human(Bytes(0)) == "0 B");
  CHECK(human(Bytes(1023)) == "1023 B");
  CHECK(human(Bytes(1024)) == "1.00 KiB");
  CHECK(human(Bytes(35.2 * kMiB)) == "35.2 MiB");
  CHECK(human(Bytes(80 * kGiB)) == "80.0 GiB");
  CHECK(human(Bytes(2048 * kGiB)) == "2.00 TiB");
  CHECK(human(BytesPerSecond(1.25e9)) == "1.25 GB/s");
  CHECK(human(FlopsPerSecond(98.7e9)) == "98.7 Gflop/s");
  CHECK(human(Flops(1.43e9)) == "1.43 Gflop");
  CHECK(human(Flops(12)) == "12.0 flop");
}

TEST_CASE("fractions are shown in percent", "[unit]") {
  CHECK(percent(0.1234) == "12.3 %");
  CHECK(signed_percent(0.1234) == "+12.3 %");
  CHECK(signed_percent(-0.05) == "-5.0 %");
}

TEST_CASE("a count is shown in groups of three digits, none of them empty", "[unit]") {
  CHECK(counted(0) == "0");
  CHECK(counted(999) == "999");
  CHECK(counted(1000) == "1,000");
  CHECK(counted(671916) == "671,916");
  CHECK(counted(1234567890) == "1,234,567,890");
  CHECK(counted(-999) == "-999");
  CHECK(counted(-1000) == "-1,000");
}

TEST_CASE("the exact text of a number is its shortest", "[unit]") {
  CHECK(exact(0.1) == "0.1");
  CHECK(exact(1250000) == "1250000");
  CHECK(exact(5e-05) == "5e-05");
  CHECK(std::stod(exact(1.0 / 3)) == 1.0 / 3);
  CHECK(std::stod(exact(-std::numeric_limits<double>::max())) == -std::numeric_limits<double>::max());
}

}  // namespace forerun

#include "io/quantity.hpp"

#include <catch2/catch.hpp>
#include <clocale>
#include <limits>

#include "tests/support/message.hpp"

namespace forerun {
namespace {

Text in_option(std::string value) { return {.value = std::move(value), .file = "--set", .key = "k"}; }

double bytes(const char* text) { return parse_bytes(in_option(text)).value(); }
double bandwidth(const char* text) { return parse_bandwidth(in_option(text)).value(); }
double seconds(const char* text) { return parse_seconds(in_option(text)).value(); }

}  // namespace

TEST_CASE("sizes know decimal and binary prefixes", "[unit]") {
  CHECK(bytes("7 B") == 7);
  CHECK(bytes("2 kB") == 2000);
  CHECK(bytes("2 MB") == 2e6);
  CHECK(bytes("2 GB") == 2e9);
  CHECK(bytes("2 TB") == 2e12);
  CHECK(bytes("2 PB") == 2e15);
  CHECK(bytes("2 KiB") == 2048);
  CHECK(bytes("3 MiB") == 3145728);
  CHECK(bytes("80 GiB") == 85899345920.0);
  CHECK(bytes("1 TiB") == 1099511627776.0);
  CHECK(bytes("1 PiB") == 1125899906842624.0);
}

TEST_CASE("bandwidths are in bits or bytes", "[unit]") {
  CHECK(bandwidth("8 bit/s") == 1);
  CHECK(bandwidth("8 kbit/s") == 1000);
  CHECK(bandwidth("100 Mbit/s") == 12.5e6);
  CHECK(bandwidth("25 Gbit/s") == 3.125e9);
  CHECK(bandwidth("1 Tbit/s") == 125e9);
  CHECK(bandwidth("8 Kibit/s") == 1024);
  CHECK(bandwidth("8 Mibit/s") == 1048576);
  CHECK(bandwidth("8 Gibit/s") == 1073741824.0);
  CHECK(bandwidth("5 B/s") == 5);
  CHECK(bandwidth("5 kB/s") == 5e3);
  CHECK(bandwidth("5 MB/s") == 5e6);
  CHECK(bandwidth("12.5 GB/s") == 12.5e9);
  CHECK(bandwidth("2 TB/s") == 2e12);
  CHECK(bandwidth("1 KiB/s") == 1024);
  CHECK(bandwidth("1 MiB/s") == 1048576);
  CHECK(bandwidth("1 GiB/s") == 1073741824.0);
  CHECK(bandwidth("1 TiB/s") == 1099511627776.0);
}

TEST_CASE("a small b is a bit and a large B a byte", "[unit]") {
  for (const char* text : {"10 Gbps", "10Gbps", "10 Gb/s", "10000 Mbps", "10000 Mb/s", "1e7 kbps", "1e7 kb/s", "0.01 Tbps", "0.01 Tb/s"})
    CHECK(bandwidth(text) == Approx(1.25e9));
  CHECK(bandwidth("8 bps") == 1);
  CHECK(bandwidth("8 b/s") == 1);
  CHECK(bandwidth("2 kBps") == 2e3);
  CHECK(bandwidth("2 MBps") == 2e6);
  CHECK(bandwidth("2 GBps") == 2e9);
  CHECK(bandwidth("2 TBps") == 2e12);
  CHECK(message_of([] { bandwidth("10 gb/s"); }).find("Did you mean GB/s or Gb/s?") != std::string::npos);
  CHECK(message_of([] { bandwidth("10 gbps"); }).find("Did you mean Gbps or GBps?") != std::string::npos);
  CHECK(message_of([] { bytes("10 gb"); }).find("Did you mean GB?") != std::string::npos);
}

TEST_CASE("times go from nanoseconds to days", "[unit]") {
  CHECK(seconds("7 ns") == 7e-9);
  CHECK(seconds("5 us") == 5e-6);
  CHECK(seconds("3 ms") == 3e-3);
  CHECK(seconds("2 s") == 2);
  CHECK(seconds("1.5 min") == 90);
  CHECK(seconds("6h") == 21600);
  CHECK(seconds("2 d") == 172800);
}

TEST_CASE("rates of arithmetic are in flop/s", "[unit]") {
  CHECK(parse_flop_rate(in_option("98 Gflop/s")).value() == 98e9);
  CHECK(parse_flop_rate(in_option("1.5 TFLOP/s")).value() == 1.5e12);
  CHECK(parse_flop_rate(in_option("3 Mflop/s")).value() == 3e6);
}

TEST_CASE("the space before the unit is optional and the exponent is not part of it", "[unit]") {
  CHECK(bandwidth("25Gbit/s") == bandwidth("25 Gbit/s"));
  CHECK(bandwidth("25   Gbit/s") == bandwidth("25 Gbit/s"));
  CHECK(seconds("5e-05 s") == 5e-5);
  CHECK(seconds("1e3ms") == 1);
}

TEST_CASE("a quantity without a unit is refused, zero too", "[unit]") {
  CHECK(message_of([] { bandwidth("25"); }) == "--set: k: has no unit (got 25, allowed a number with a unit, such as 25 Gbit/s)");
  CHECK(message_of([] { bytes("80"); }) == "--set: k: has no unit (got 80, allowed a number with a unit, such as 80 GiB)");
  CHECK(message_of([] { seconds("5 "); }) == "--set: k: has no unit (got 5 , allowed a number with a unit, such as 5 us)");
  CHECK(message_of([] { parse_seconds(in_option("0"), Zero::allowed); }).find("has no unit") != std::string::npos);
}

TEST_CASE("a unit of another kind or with trailing text is unknown", "[unit]") {
  CHECK(message_of([] { bandwidth("25 GB"); }).find("has an unknown unit (got 25 GB") != std::string::npos);
  CHECK(message_of([] { bytes("25 Gbit"); }).find("has an unknown unit") != std::string::npos);
  CHECK(message_of([] { seconds("5 usec"); }).find("has an unknown unit") != std::string::npos);
  CHECK(message_of([] { seconds("5 s x"); }).find("has an unknown unit") != std::string::npos);
  CHECK(message_of([] { seconds("2,5 s"); }).find("has an unknown unit") != std::string::npos);
  CHECK(message_of([] { seconds("0x5 s"); }).find("has an unknown unit") != std::string::npos);
  CHECK(message_of([] { bandwidth("25 gbit/s"); }).find("Did you mean Gbit/s?") != std::string::npos);
}

TEST_CASE("what is not a number is refused", "[unit]") {
  for (const char* text : {"", " ", "Gbit/s", "nan s", "inf s", "-inf s", "infinity s", "--5 s", "+5 s", "abc", " 5 s"})
    CHECK(message_of([&] { seconds(text); }).find("is not a number") != std::string::npos);
  CHECK(message_of([] { seconds("1e999 s"); }).find("is out of range") != std::string::npos);
}

TEST_CASE("negative quantities are refused, and zero where it has no meaning", "[unit]") {
  CHECK(message_of([] { bandwidth("-25 Gbit/s"); }) == "--set: k: is negative (got -25 Gbit/s, allowed more than zero)");
  CHECK(message_of([] { bandwidth("0 Gbit/s"); }) == "--set: k: is zero (got 0 Gbit/s, allowed more than zero)");
  CHECK(message_of([] { parse_seconds(in_option("-1 ms"), Zero::allowed); }) == "--set: k: is negative (got -1 ms, allowed zero or more)");
  CHECK(message_of([] { seconds("0 ms"); }).find("is zero") != std::string::npos);
  CHECK(parse_seconds(in_option("0 ms"), Zero::allowed).value() == 0);
  CHECK(parse_bytes(in_option("0 B"), Zero::allowed).value() == 0);
}

TEST_CASE("sizes end at 2^53 bytes, where doubles stop to count", "[limit]") {
  CHECK(bytes("9007199254740992 B") == 9007199254740992.0);
  CHECK(message_of([] { bytes("9007199254740994 B"); }) ==
        "--set: k: is out of range (got 9007199254740994 B, allowed at most 2^53 bytes)");
  CHECK(message_of([] { bytes("9 PiB"); }).find("is out of range") != std::string::npos);
  CHECK(message_of([] { bandwidth("1e300 GB/s"); }).find("is out of range") != std::string::npos);
  CHECK(message_of([] { bandwidth("1 bit/s"); }).find("is out of range") != std::string::npos);
  CHECK(message_of([] { seconds("1e-320 ns"); }).find("is out of range") != std::string::npos);
  CHECK(message_of([] { seconds("1e300 d"); }).find("is out of range") != std::string::npos);
}

TEST_CASE("whole numbers are whole and within their range", "[unit]") {
  CHECK(parse_integer(in_option("64"), 1, 100) == 64);
  CHECK(parse_integer(in_option("1"), 1, 100) == 1);
  CHECK(parse_integer(in_option("100"), 1, 100) == 100);
  CHECK(parse_integer(in_option("-3"), -5, 5) == -3);
  CHECK(message_of([] { parse_integer(in_option("0"), 1, 100); }) ==
        "--set: k: is out of range (got 0, allowed a whole number from 1 to 100)");
  CHECK(message_of([] { parse_integer(in_option("101"), 1, 100); }).find("is out of range") != std::string::npos);
  CHECK(message_of([] { parse_integer(in_option("99999999999999999999"), 1, 100); }).find("is out of range") != std::string::npos);
  for (const char* text : {"", "3.0", "1e2", "7 ", "seven", "0x10", "nan"})
    CHECK(message_of([&] { parse_integer(in_option(text), 1, 100); }).find("is not a whole number") != std::string::npos);
}

TEST_CASE("a number that may be as small as one likes is allowed above 0, not from the smallest that there is", "[unit]") {
  const double least = std::numeric_limits<double>::min();
  CHECK(parse_number(in_option("1e-300"), least, 1e9) == 1e-300);
  for (const char* text : {"0", "-1", "x"})
    CHECK_THAT(message_of([&] { parse_number(in_option(text), least, 1e9); }),
               Catch::Contains("allowed a number above 0 and up to 1e+09)"));
}

TEST_CASE("plain numbers and fractions are within their range", "[unit]") {
  CHECK(parse_number(in_option("2.5"), 0, 10) == 2.5);
  CHECK(parse_fraction(in_option("0.05"), 0, 1) == 0.05);
  CHECK(parse_fraction(in_option("5 %"), 0, 1) == 0.05);
  CHECK(parse_fraction(in_option("5%"), 0, 1) == 0.05);
  CHECK(parse_fraction(in_option("100 %"), 0, 1) == 1);
  CHECK(message_of([] { parse_number(in_option("2.5 s"), 0, 10); }).find("is not a number") != std::string::npos);
  CHECK(message_of([] { parse_number(in_option("nan"), 0, 10); }).find("is not a number") != std::string::npos);
  CHECK(message_of([] { parse_number(in_option("-0.1"), 0, 10); }).find("is out of range") != std::string::npos);
  CHECK(message_of([] { parse_number(in_option("10.1"), 0, 10); }).find("is out of range") != std::string::npos);
  CHECK(message_of([] { parse_fraction(in_option("101 %"), 0, 1); }).find("is out of range") != std::string::npos);
  CHECK(message_of([] { parse_fraction(in_option("-1 %"), 0, 1); }).find("is out of range") != std::string::npos);
  CHECK(message_of([] { parse_fraction(in_option("5 percent"), 0, 1); }).find("is not a fraction") != std::string::npos);
}

TEST_CASE("numbers are read with a point in every locale", "[unit]") {
  const std::string before = std::setlocale(LC_NUMERIC, nullptr);
  for (const char* locale : {"de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8"}) {
    std::setlocale(LC_NUMERIC, locale);  // where it is not installed nothing changes
    CHECK(seconds("2.5 s") == 2.5);
  }
  std::setlocale(LC_NUMERIC, before.c_str());
}

TEST_CASE("prices are dollars for an hour", "[unit]") {
  CHECK(parse_price_per_hour(in_option("3.06 USD/h")) == Dollars(3.06));
  CHECK(parse_price_per_hour(in_option("12USD/h")) == Dollars(12));
  CHECK(message_of([] { parse_price_per_hour(in_option("0 USD/h")); }) == "--set: k: is zero (got 0 USD/h, allowed more than zero)");
  CHECK(message_of([] { parse_price_per_hour(in_option("-1 USD/h")); }).find("is negative") != std::string::npos);
  CHECK(message_of([] { parse_price_per_hour(in_option("2e9 USD/h")); }).find("is out of range") != std::string::npos);
  CHECK(message_of([] { parse_price_per_hour(in_option("3.06")); }).find("has no unit") != std::string::npos);
  CHECK(message_of([] { parse_price_per_hour(in_option("3.06 EUR/h")); }).find("has an unknown unit") != std::string::npos);
}

TEST_CASE("power is in watts", "[unit]") {
  CHECK(parse_power(in_option("3.3 kW")) == Watts(3300));
  CHECK(parse_power(in_option("70W")) == Watts(70));
  CHECK(message_of([] { parse_power(in_option("0 W")); }).find("is zero") != std::string::npos);
  CHECK(message_of([] { parse_power(in_option("-1 W")); }).find("is negative") != std::string::npos);
  CHECK(message_of([] { parse_power(in_option("2e9 W")); }).find("is out of range") != std::string::npos);
  CHECK(message_of([] { parse_power(in_option("3 J")); }).find("has an unknown unit") != std::string::npos);
}

}  // namespace forerun

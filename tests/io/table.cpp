#include "io/table.hpp"

#include <catch2/catch.hpp>

namespace forerun {

TEST_CASE("words stand left, numbers right", "[unit]") {
  const Table table{{"name", "time", "error"}, {{"mlp", "12.3 ms", "+3.1 %"}, {"mlp-wide", "1.50 s", "-"}, {"x", "", "-12.0 %"}}};
  CHECK(text_table(table) ==
        "name         time    error\n"
        "--------  -------  -------\n"
        "mlp       12.3 ms   +3.1 %\n"
        "mlp-wide   1.50 s        -\n"
        "x                  -12.0 %\n");
}

TEST_CASE("one word makes a column of words, and lines do not end in spaces", "[unit]") {
  const Table table{{"a", "b"}, {{"1", "2"}, {"22", "two"}}};
  CHECK(text_table(table) ==
        " a  b\n"
        "--  ---\n"
        " 1  2\n"
        "22  two\n");
}

TEST_CASE("letters beyond ASCII take one place", "[unit]") {
  const Table table{{"a", "b"}, {{"ü", "x"}, {"uu", "x"}}};
  CHECK(text_table(table) == "a   b\n--  -\nü   x\nuu  x\n");
}

TEST_CASE("the same rows go into a CSV file", "[unit]") {
  const Table table{{"name", "note"}, {{"mlp", "a,b"}}};
  CHECK(csv_table(table) == "name,note\nmlp,\"a,b\"\n");
}

TEST_CASE("a table without rows is its header", "[limit]") { CHECK(text_table({{"a"}, {}}) == "a\n-\n"); }

}  // namespace forerun

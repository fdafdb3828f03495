#include <catch2/catch.hpp>

#include "costs/fit_record_file.hpp"

using namespace forerun;

TEST_CASE("what was fitted is named with its rows, links only on the platform that they are of") {
  FitRecord record{.file = "runs.csv",
                   .platform = "cluster",
                   .settings = {"link-share=0.4"},
                   .properties = {{.name = "host-issue", .standing = Standing::kept}, {.name = "product-rate"}, {.name = "link-share"}},
                   .rows = {{"a", "1"}, {"b", "2"}}};
  CHECK(fit_text(record, "cluster") == "product-rate, link-share fitted to 2 rows of runs.csv");
  CHECK(fit_text(record, "another") == "product-rate fitted to 2 rows of runs.csv");
  record.properties.erase(record.properties.begin() + 1);
  CHECK(fit_text(record, "another").empty());
}

#include <catch2/catch.hpp>

#include "tests/frame/house.hpp"

using namespace forerun::frame;
using Lines = std::vector<std::string>;

TEST_CASE("an arrow may run down any number of storeys, never up or sideways") {
  CHECK(arrow_runs_down("cli", "core"));
  CHECK(arrow_runs_down("strategies", "costs"));
  CHECK(arrow_runs_down("sim", "sim"));
  CHECK_FALSE(arrow_runs_down("core", "io"));
  CHECK_FALSE(arrow_runs_down("costs", "strategies"));
  CHECK_FALSE(arrow_runs_down("oracle", "sim"));
  CHECK_FALSE(arrow_runs_down("workloads", "platforms"));
}

TEST_CASE("an include that runs upward or sideways is found") {
  CHECK(wrong_arrows({{"core/a.hpp", "#include \"io/yaml.hpp\"\n"}}) == Lines{"core/a.hpp: includes io/yaml.hpp"});
  CHECK(wrong_arrows({{"kernels/cpu/a.cpp", "  #  include \"sim/play.hpp\"\n"}}) == Lines{"kernels/cpu/a.cpp: includes sim/play.hpp"});
  CHECK(wrong_arrows({{"io/a.cpp", "#include \"core/units.hpp\"\n#include \"io/yaml.hpp\"\n"}}).empty());
}

TEST_CASE("an include that is not written from the root is found") {
  CHECK(wrong_arrows({{"io/a.cpp", "#include \"yaml.hpp\"\n"}}) == Lines{"io/a.cpp: the include of yaml.hpp is not written from the root"});
}

TEST_CASE("tests, benches and examples may include every folder") {
  CHECK(wrong_arrows({{"tests/oracle/a.cpp", "#include \"sim/predict.hpp\"\n"}, {"bench/a.cpp", "#include \"oracle/predict.hpp\"\n"}})
            .empty());
}

TEST_CASE("a link line that runs upward or sideways is found") {
  CHECK(wrong_arrows({{"core/CMakeLists.txt", "forerun_library(core SOURCES a.cpp USES io)"}}) == Lines{"core/CMakeLists.txt: links io"});
  CHECK(wrong_arrows({{"kernels/CMakeLists.txt", "target_link_libraries(forerun-ranks PRIVATE forerun_sim)"}}) ==
        Lines{"kernels/CMakeLists.txt: links sim"});
  CHECK(wrong_arrows({{"costs/CMakeLists.txt", "target_link_libraries(x PUBLIC $<LINK_ONLY:forerun::oracle>)"}}) ==
        Lines{"costs/CMakeLists.txt: links oracle"});
  CHECK(wrong_arrows({{"costs/CMakeLists.txt", "forerun_library(costs SOURCES a.cpp USES workloads platforms PACKAGES Eigen3::Eigen)"}})
            .empty());
}

TEST_CASE("a folder among the sources is not taken for a link") {
  CHECK(wrong_arrows({{"costs/CMakeLists.txt", "forerun_library(costs USES io SOURCES sim oracle)"}}).empty());
}

TEST_CASE("a package included outside its home is found") {
  CHECK(strangers({{"costs/a.cpp", "#include <yaml-cpp/yaml.h>\n"}}) == Lines{"costs/a.cpp: includes yaml-cpp/yaml.h of yaml-cpp"});
  CHECK(strangers({{"sim/a.cpp", "#include <mpi.h>\n"}}) == Lines{"sim/a.cpp: includes mpi.h of MPI"});
  CHECK(strangers({{"kernels/a.cpp", "#include <simgrid/s4u.hpp>\n"}}) == Lines{"kernels/a.cpp: includes simgrid/s4u.hpp of SimGrid"});
  CHECK(strangers({{"io/a.cpp", "#include <catch2/catch.hpp>\n"}}) == Lines{"io/a.cpp: includes catch2/catch.hpp of Catch2"});
  CHECK(strangers({{"tests/costs/a.cpp", "#include <mpi.h>\n"}}) == Lines{"tests/costs/a.cpp: includes mpi.h of MPI"});
  CHECK(strangers({{"kernels/a.cpp", "#include <mpi.h>\n#include <dnnl.hpp>\n"},
                   {"io/b.cpp", "#include <fmt/core.h>\n"},
                   {"oracle/c.cpp", "#include <Eigen/Core>\n#include <vector>\n"},
                   {"tests/sim/d.cpp", "#include <catch2/catch.hpp>\n#include <simgrid/s4u.hpp>\n"}})
            .empty());
}

TEST_CASE("a package linked outside its home is found") {
  CHECK(strangers({{"cli/CMakeLists.txt", "find_package(MPI)"}}) == Lines{"cli/CMakeLists.txt: names MPI of MPI"});
  CHECK(strangers({{"kernels/CMakeLists.txt", "target_link_libraries(forerun-ranks PRIVATE PkgConfig::SIMGRID)"}}) ==
        Lines{"kernels/CMakeLists.txt: names PkgConfig::SIMGRID of SimGrid"});
  CHECK(strangers({{"sim/CMakeLists.txt", "target_link_libraries(x PUBLIC $<LINK_ONLY:MPI::MPI_CXX>)"}}) ==
        Lines{"sim/CMakeLists.txt: names $<LINK_ONLY:MPI::MPI_CXX> of MPI"});
  CHECK(strangers({{"oracle/CMakeLists.txt", "forerun_library(oracle SOURCES a.cpp PACKAGES fmt::fmt)"}}) ==
        Lines{"oracle/CMakeLists.txt: names fmt::fmt of fmt"});
  CHECK(strangers({{"sim/CMakeLists.txt", "pkg_check_modules(SIMGRID REQUIRED IMPORTED_TARGET simgrid)"}}).empty());
}

TEST_CASE("a CMake file is read without its comments, with quotes and nested parentheses") {
  const auto calls = parse_cmake("# find_package(MPI)\nif(A AND (B OR \"C D\")) # set(x)\n  set(e)\nendif()\n");
  REQUIRE(calls.size() == 3);
  CHECK(calls[0].name == "if");
  CHECK(calls[0].arguments == Lines{"A", "AND", "(", "B", "OR", "C D", ")"});
  CHECK(calls[1].arguments == Lines{"e"});
  CHECK(calls[2].name == "endif");
}

TEST_CASE("a test sentence that ctest would tear apart is found") {
  const std::string name = "\nTEST_CASE(\n    \"one";
  CHECK(torn_sentences({{"tests/io/a.cpp", name + " two\") {}" + name + "; two\") {\n"}}) == Lines{"tests/io/a.cpp: one; two"});
  CHECK(torn_sentences({{"tests/io/a.cpp", name + ", two\") {\n  f();\n}"}}).empty());
}

TEST_CASE("a path of one machine is found, a relative one is not") {
  const std::string home = std::string("/ho") + "me/someone/run.csv";
  CHECK(machine_paths({{"README.md", "first\nsee " + home + "\n"}}) == Lines{"README.md:2: see " + home});
  CHECK(machine_paths({{"README.md", "see .." + home + " and <prefix>/share\n"}}).empty());
}

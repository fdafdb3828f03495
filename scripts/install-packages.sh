#!/usr/bin/env bash
# Installs the Debian packages that are missing, and asks for root only then. Silent where nothing is missing.
#   scripts/install-packages.sh            what the build and the tests need
#   scripts/install-packages.sh checks     and what `make check-format` and `make tidy` need
# A package counts as present where dpkg knows it or its probe succeeds, so other distributions work too.
set -euo pipefail

# use, package, probe (a command, or a header that the compiler finds), reason
packages() {
  cat <<'LIST'
need  g++                 c++                           C++20 compiler
need  cmake               cmake                         configures the build
need  ninja-build         ninja                         runs the build
need  pkg-config          pkg-config                    finds SimGrid, which ships no CMake package
need  libsimgrid-dev      simgrid/s4u.hpp               simulates clusters and networks
need  libeigen3-dev       eigen3/Eigen/Core             linear algebra: fits and kernels
need  libdnnl-dev         dnnl.hpp                      oneDNN: convolution and matmul, as users' frameworks call them
need  ocl-icd-opencl-dev  CL/cl.h                       OpenCL's headers, which the CMake package of oneDNN asks for and Debian only recommends
need  libbenchmark-dev    benchmark/benchmark.h         the harness of the microbenchmarks
need  catch2              catch2/catch.hpp              the tests
need  libyaml-cpp-dev     yaml-cpp/yaml.h               reads workload, platform and scenario files
need  libprotobuf-dev     google/protobuf/message.h     reads and writes execution traces, reads ONNX files
need  protobuf-compiler   protoc                        compiles their schema
need  nlohmann-json3-dev  nlohmann/json.hpp             reads and writes JSON
need  libcli11-dev        CLI/CLI.hpp                   the command line
need  libfmt-dev          fmt/format.h                  formats text
need  libboost-graph-dev  boost/graph/graph_traits.hpp  order, cycles and critical paths of networks
wish  libturbojpeg0-dev   turbojpeg.h                   decodes the JPEG images that are trained on
wish  libopenmpi-dev      mpicxx                        trains on several ranks (forerun-ranks)
wish  openmpi-bin         mpirun                        starts those ranks
check clang-format        clang-format                  make check-format
check clang-tidy          clang-tidy                    make tidy
LIST
}

present() {  # package probe
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ] && return
  case $2 in
    */* | *.hpp | *.h) echo "#include <$2>" | c++ -std=c++20 -E -x c++ - >/dev/null 2>&1 ;;
    *) command -v "$2" >/dev/null ;;
  esac
}

missing() {  # uses, such as "need|check" -> "package: reason" lines
  local use package probe reason
  while read -r use package probe reason; do
    if [[ "|$1|" == *"|$use|"* ]] && ! present "$package" "$probe"; then echo "$package: $reason"; fi
  done < <(packages)
}

say() { echo "install-packages: $*" >&2; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

can_install() {
  if ! command -v apt-get >/dev/null; then
    say "there is no apt-get here, so nothing was installed"
  elif [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    say "installing takes root, and there is no sudo here"
  else
    return 0
  fi
  return 1
}

install() {  # "package: reason" lines
  local names
  mapfile -t names < <(sed 's/:.*//' <<<"$1")
  say "installing ${names[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${names[@]}" >/dev/null
}

list() { sed 's/^/  /' <<<"$1" >&2; }

needed=$(missing "need${1:+|check}")
wished=$(missing wish)
[ -n "$needed$wished" ] || exit 0

if ! can_install; then
  if [ -n "$wished" ]; then say "left out, because it is missing:" && list "$wished"; fi
  [ -n "$needed" ] || exit 0
  say "please install these first:" && list "$needed"
  exit 1
fi
as_root apt-get update -qq || say "apt-get update failed; going on with the package lists that are here"
if [ -n "$needed" ] && ! install "$needed"; then
  say "these could not be installed:" && list "$needed"
  exit 1
fi
if [ -n "$wished" ] && ! install "$wished"; then say "left out, because it could not be installed:" && list "$wished"; fi

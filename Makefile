# Two commands do everything on a fresh Debian 12 machine, `make demo` and `make test`; `make build` only builds.
PREFIX ?= /usr/local
JOBS   ?= $(shell nproc)

# Labels whose tests are cheap enough to build and run with sanitizers at each change: test_LABEL builds them. With `make sanitize
# SANITIZED=all` all programs are built and all tests run, the slow ones, too. What a sanitizer reports of any process ends up in files
# of REPORTS, since a test need not notice it: it may be of a process that is killed, or that is meant to fail.
SANITIZED := core io workloads platforms costs strategies oracle sim kernels ranks cuda_on_host cherrypick validation report fuzz
REPORTS   := build/sanitize/reports

empty :=
space := $(empty) $(empty)
either = $(subst $(space),|,$(strip $(1)))

ifneq ($(shell command -v ccache),)
  export CMAKE_CXX_COMPILER_LAUNCHER ?= ccache
  export CCACHE_SLOPPINESS ?= pch_defines,time_macros  # what ccache asks for where headers are precompiled
endif

# $(call build,preset,targets): packages, configure, build; progress on a terminal only.
define build
	@scripts/install-packages.sh
	@echo "Building preset $(1) in build/$(1)"
	@said=$$(cmake --preset $(1)) || { echo "$$said"; exit 1; }; echo "$$said" | sed -n 's/^-- \(.*left out.*\)/\1/p'
	@quiet=--quiet; if [ -t 1 ]; then quiet=; fi; cmake --build --preset $(1) -j $(JOBS) $(if $(2),--target $(2)) -- $$quiet
endef

.PHONY: help build demo test sanitize install check-format format tidy clean

help:
	@echo "make build         build the command, build/release/cli/forerun, and the libraries"
	@echo "make demo          build, measure this machine, predict, train and show them side by side"
	@echo "make test          build and run all tests"
	@echo "make sanitize      the cheap tests under the address and undefined-behaviour sanitizers; SANITIZED=all: all tests"
	@echo "make install       install below PREFIX (now $(PREFIX)); DESTDIR is honoured"
	@echo "make check-format  say which files clang-format would change; make format changes them"
	@echo "make tidy          run clang-tidy over the tree (minutes)"
	@echo "make clean         remove build/"

build:
	$(call build,release,installed)

demo:
	$(call build,release,installed)
	@scripts/demo.sh build/release

test:
	$(call build,dev)
	@ctest --preset dev -j $(JOBS)

sanitize:
	$(call build,sanitize,$(if $(filter all,$(SANITIZED)),,$(SANITIZED:%=test_%)))
	@rm -rf $(REPORTS) && mkdir -p $(REPORTS)
	@ctest --preset sanitize -j $(JOBS) $(if $(filter all,$(SANITIZED)),,-LE slow -L '^($(call either,$(SANITIZED)))$$'); \
	  failed=$$?; ! grep -rlE 'ERROR: |runtime error: ' $(REPORTS) | xargs -r cat | grep . && exit $$failed

install: build
	@cmake --install build/release --prefix $(PREFIX)

SOURCES = $(shell git ls-files '*.cpp' '*.hpp' '*.cu' '*.cuh')

check-format:
	@scripts/install-packages.sh checks
	@clang-format --dry-run --Werror $(SOURCES)

format:
	@scripts/install-packages.sh checks
	@clang-format -i $(SOURCES)

tidy:
	@scripts/install-packages.sh checks
	$(call build,tidy)
	@run-clang-tidy -quiet -p build/tidy -j $(JOBS) '$(CURDIR)/(?!build/).*\.cpp$$'

clean:
	@rm -rf build

// What the tests include beside what most files of the house do.
#pragma once

#include <catch2/catch.hpp>

#include "core/precompiled.hpp"

include_guard()

# forerun_library(NAME SOURCES ... [DATA ...] [USES ...] [PACKAGES ...] [PRECOMPILED folder])
# One folder of the house. USES names other folders, PACKAGES third-party targets.
# DATA files are compiled in; forerun::NAME_data(file) in "NAME/data.hpp" returns their text.
# PRECOMPILED: the folder compiles that folder's precompiled.hpp for itself; without it, it shares what core has compiled.
function(forerun_library name)
  cmake_parse_arguments(ARG "" "PRECOMPILED" "SOURCES;DATA;USES;PACKAGES" ${ARGN})
  add_library(forerun_${name} STATIC ${ARG_SOURCES})
  add_library(forerun::${name} ALIAS forerun_${name})
  set_target_properties(forerun_${name} PROPERTIES EXPORT_NAME ${name})
  target_include_directories(forerun_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/generated>
    $<INSTALL_INTERFACE:include/forerun>)
  target_compile_features(forerun_${name} PUBLIC cxx_std_20)
  list(TRANSFORM ARG_USES PREPEND forerun_)
  target_link_libraries(forerun_${name} PUBLIC ${ARG_USES} PRIVATE ${ARG_PACKAGES})
  forerun_compile_options(forerun_${name})
  if(ARG_PRECOMPILED)
    forerun_precompile(forerun_${name} FOLDER ${ARG_PRECOMPILED})
  else()
    forerun_precompile(forerun_${name} REUSE forerun_core)
  endif()
  if(DEFINED ARG_DATA OR "DATA" IN_LIST ARG_KEYWORDS_MISSING_VALUES)
    forerun_embed(${name} ${ARG_DATA})
  endif()
  set_property(GLOBAL APPEND PROPERTY FORERUN_LIBRARIES forerun_${name})
endfunction()

function(forerun_compile_options target)
  # A designated initialiser leaves the other members to their defaults, which -Wextra takes for an oversight.
  # -Wrestrict of g++ 12 fires on std::string + literal (GCC bug 105651).
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wno-restrict
    -Wno-missing-field-initializers)
  if(FORERUN_WARNINGS_AS_ERRORS)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(FORERUN_SANITIZE)
    target_compile_options(${target} PUBLIC -fsanitize=${FORERUN_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(${target} PUBLIC -fsanitize=${FORERUN_SANITIZE})
  endif()
endfunction()

# forerun_precompile(TARGET FOLDER folder | REUSE target): what most files of TARGET include anyway is read once, from the folder's
# precompiled.hpp or by another target that is compiled alike. The preset `sanitize` builds without, so that a file that forgets
# an include is found.
function(forerun_precompile target how what)
  if(CMAKE_DISABLE_PRECOMPILE_HEADERS)
    return()
  endif()
  if(how STREQUAL "REUSE")
    target_precompile_headers(${target} REUSE_FROM ${what})
  else()
    target_precompile_headers(${target} PRIVATE ${PROJECT_SOURCE_DIR}/${what}/precompiled.hpp)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # More of GCC bug 105651: what is precompiled no longer counts as a system's header. -fpch-preprocess is for ccache.
    target_compile_options(${target} PRIVATE -fpch-preprocess -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds)
  endif()
endfunction()

# Compiles data files into the library of a folder, so that a binary needs no path to find them.
function(forerun_embed name)
  set(header ${PROJECT_BINARY_DIR}/generated/${name}/data.hpp)
  set(source ${PROJECT_BINARY_DIR}/generated/${name}/data.cpp)
  file(CONFIGURE OUTPUT ${header} @ONLY CONTENT [=[#pragma once

#include <span>
#include <string_view>

namespace forerun {

struct @name@_file {
  std::string_view name;  ///< relative to @name@/
  std::string_view text;
};

/// The data files of @name@/, compiled in.
std::span<const @name@_file> @name@_data();

}  // namespace forerun
]=])
  list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ OUTPUT_VARIABLE paths)
  add_custom_command(OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -DNAME=${name} -DROOT=${CMAKE_CURRENT_SOURCE_DIR} "-DFILES=${ARGN}" -DOUT=${source}
            -P ${PROJECT_SOURCE_DIR}/cmake/Embed.cmake
    DEPENDS ${paths} ${PROJECT_SOURCE_DIR}/cmake/Embed.cmake VERBATIM)
  target_sources(forerun_${name} PRIVATE ${source})
endfunction()

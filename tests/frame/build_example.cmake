# Installs BUILD below a temporary prefix, and builds the example at EXAMPLE against it, out of the tree. Runs its program PROGRAM,
# whose output must match EXPECT. What the installed readme links to must be installed.
set(prefix ${WORK}/prefix)
file(REMOVE_RECURSE ${WORK})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
# The installed readme leads to files that are installed, too.
file(GLOB_RECURSE readme ${prefix}/*/README.md)
get_filename_component(documents ${readme} DIRECTORY)
file(READ ${readme} text)
# Brackets would keep CMake from seeing where an element of a list ends.
string(REPLACE "](" "<link>" text "${text}")
string(REGEX MATCHALL "<link>[^)]+" links "${text}")
foreach(link ${links})
  string(REPLACE "<link>" "" target ${link})
  if(NOT target MATCHES "^https?:" AND NOT EXISTS ${documents}/${target})
    message(FATAL_ERROR "the installed README.md links to ${target}, which is not installed")
  endif()
endforeach()

execute_process(COMMAND ${CMAKE_COMMAND} -S ${EXAMPLE} -B ${WORK}/build -G Ninja -DCMAKE_PREFIX_PATH=${prefix}
                        -DCMAKE_BUILD_TYPE=Release OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK}/build COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${WORK}/build/${PROGRAM} OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
message("${output}")
if(NOT output MATCHES "${EXPECT}")
  message(FATAL_ERROR "the output does not match ${EXPECT}")
endif()

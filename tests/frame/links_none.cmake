# Fails where the program BINARY loads a shared library that matches PATTERN.
execute_process(COMMAND ldd ${BINARY} OUTPUT_VARIABLE libraries COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]*(${PATTERN})[^\n]*" found "${libraries}")
if(found)
  message(FATAL_ERROR "${BINARY} loads ${found}")
endif()

#include "cli/command.hpp"

int main(int count, char** arguments) { return forerun::run_command(count, arguments, forerun::read_environment()); }

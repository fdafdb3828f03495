#include <fcntl.h>
#include <unistd.h>

#include "cli/command.hpp"

namespace {

/// Whoever closed one of the standard streams gets nothing there. Left closed, its number would be the next file's, and what is said would
/// be written into that.
void open_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(stream, F_GETFD) == -1) ::open("/dev/null", O_RDWR);  // takes the least number that is free, which this is
}

}  // namespace

int main(int count, char** arguments) {
  open_standard_streams();
  return forerun::run_command(count, arguments, forerun::read_environment());
}

/// What the address sanitizer asks a program that links Open MPI, and only a sanitized build compiles.
/// Open MPI 4.1 keeps memory that it allocated when it started or connected, and unloads the modules that allocated it before leaks are
/// looked for. A leak is therefore told by whole stacks, which go back to a library that stays, and is left alone only where one of these
/// is on it. They never call code of ours, so that no leak of ours has one of them on its stack.
extern "C" {

const char* __asan_default_options();
const char* __lsan_default_suppressions();

const char* __asan_default_options() { return "fast_unwind_on_malloc=0:print_suppressions=0"; }

const char* __lsan_default_suppressions() {
  return "leak:libmpi.so\n"
         "leak:libopen-rte.so\n"
         "leak:libopen-pal.so\n"
         "leak:libevent_core\n"  // the thread in which PMIx waits for messages
      ;
}
}

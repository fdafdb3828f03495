# bench/gpu_lease.sh says at once that there is no GPU; prints what it would do; and goes on where a part fails or the time is gone, here
# with a GPU and a build that are scripts.
#   cmake -D SCRIPT=... -D WORK=... -P gpu_lease.cmake
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK}/programs ${WORK}/build/cli ${WORK}/build/tests/kernels ${WORK}/build/bench)

function(program path text)
  file(WRITE ${WORK}/${path} "#!/bin/sh\n${text}\n")
  file(CHMOD ${WORK}/${path} PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
endfunction()

function(answer)
  execute_process(COMMAND ${CMAKE_COMMAND} -E env "PATH=${WORK}/programs:$ENV{PATH}" PYTHON=false ${ARGN}
    RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE err)
  set(code ${code} PARENT_SCOPE)
  set(out "${out}" PARENT_SCOPE)
  set(err "${err}" PARENT_SCOPE)
endfunction()

program(programs/nvidia-smi "exit 9")
answer(bash ${SCRIPT} ${WORK}/none)
if(NOT code EQUAL 6 OR NOT err MATCHES "no GPU is here" OR EXISTS ${WORK}/none)
  message(FATAL_ERROR "a machine without a GPU is answered with ${code}: ${out}${err}")
endif()
answer(bash ${SCRIPT})
if(NOT code EQUAL 2 OR NOT err MATCHES "gpu_lease.sh .--dry-run. OUT")
  message(FATAL_ERROR "no folder is answered with ${code}: ${out}${err}")
endif()

answer(bash ${SCRIPT} --dry-run ${WORK}/none)
foreach(part configure build tests calibrate train-gpt2-8-dropout=false-bf16 train-resnet50-64-fp32 validation operators pytorch sanitizer)
  if(NOT code EQUAL 0 OR NOT out MATCHES "(^|\n)${part} \\(at most [0-9]+ s\\): " OR EXISTS ${WORK}/none)
    message(FATAL_ERROR "a dry run without ${part} is answered with ${code}: ${out}${err}")
  endif()
endforeach()

program(programs/nvidia-smi "case \"$*\" in *compute_cap,*|'') ;; *compute_cap*) echo 9.0 ;; *memory.total*) echo 81559 ;; *) echo Paper GPU ;; esac")
program(programs/compute-sanitizer "exit 0")
program(build/tests/kernels/test_cuda "echo one test failed; exit 3")
program(build/bench/bench_cuda_operators "echo operator,size; echo dense,1")
program(build/cli/forerun [[
case $1 in
  calibrate) echo '{}' >gpu.json ;;
  train) case "$*" in *alexnet*fp32*) kill -9 $$ ;; *) echo run >>runs.csv ;; esac ;;
  validate) wc -l <runs.csv ;;
esac]])
answer(FORERUN_BUILD=${WORK}/build bash ${SCRIPT} ${WORK}/out)
file(READ ${WORK}/out/summary.txt summary)
foreach(line "forerun on Paper GPU" "tests: failed with 3 after [0-9]+ s: one test failed" "calibrate: done" "train-gpt2-8-dropout=false-fp32: done"
        "train-alexnet-128-fp32: failed with 137" "train-logistic-regression-64-fp32: done" "validation: done" "operators: done"
        "pytorch: left out, false has no torch" "sanitizer: done")
  if(NOT code EQUAL 1 OR NOT summary MATCHES "${line}")
    message(FATAL_ERROR "`${line}` is not in the summary: ${code}\n${summary}${err}")
  endif()
endforeach()
file(READ ${WORK}/out/operators.csv operators)
file(READ ${WORK}/out/validation.txt validation)
file(READ ${WORK}/out/gpu.yaml platform)
if(NOT operators STREQUAL "operator,size\ndense,1\n" OR NOT validation MATCHES "\n21\n" OR NOT EXISTS ${WORK}/out/logs.tar.gz)
  message(FATAL_ERROR "what was measured is not there: ${operators}${validation}")
endif()
if(NOT platform MATCHES "device: 'Paper GPU'\ndevice-memory: 81559 MiB\n" OR NOT platform MATCHES "compute-capability: 9.0\n")
  message(FATAL_ERROR "the platform is ${platform}")
endif()

answer(FORERUN_BUILD=${WORK}/build LEASE_SECONDS=0 bash ${SCRIPT} ${WORK}/late)
file(READ ${WORK}/late/summary.txt summary)
if(NOT code EQUAL 1 OR NOT summary MATCHES "tests: left out, the time is gone" OR EXISTS ${WORK}/late/runs.csv)
  message(FATAL_ERROR "a lease without time is answered with ${code}: ${summary}")
endif()

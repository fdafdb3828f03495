#!/bin/sh
# Runs commands in turn, so that other load on the machine falls on all of them alike; each prints its own figures.
#   bench/interleave.sh ROUNDS 'COMMAND' 'COMMAND' ...
set -eu
rounds=$1
shift
for round in $(seq "$rounds"); do
  for command in "$@"; do
    printf '%s: ' "$round"
    sh -c "$command"
  done
done

#!/bin/sh
# One MPS control daemon for all GPUs of a node that are not in MIG mode.
#
#   mps.sh run       starts it, and ends with it
#   mps.sh healthy   exits 0 if it answers
#
# Without such a GPU there is nothing to run, which is no fault: it waits.
set -eu
: "${CUDA_MPS_PIPE_DIRECTORY:?}" "${CUDA_MPS_LOG_DIRECTORY:?}"

idle=$CUDA_MPS_LOG_DIRECTORY/idle
question=$CUDA_MPS_LOG_DIRECTORY/question
daemon=

say() { printf 'mps: %s\n' "$*"; }

ask() { echo "$1" | nvidia-cuda-mps-control; }

# The uuids of the GPUs that shares may be of. Cards without MIG say [N/A].
plain_gpus() {
  nvidia-smi --query-gpu=uuid,mig.mode.current --format=csv,noheader >"$CUDA_MPS_LOG_DIRECTORY/gpus"
  plain=
  while IFS=', ' read -r uuid mode; do
    [ "$mode" = Enabled ] || plain=$plain${plain:+,}$uuid
  done <"$CUDA_MPS_LOG_DIRECTORY/gpus"
}

# Clients of any user go through the one and write in the other.
open_folders() {
  chmod 755 "$CUDA_MPS_PIPE_DIRECTORY"
  chmod 1777 /dev/shm
  # What a daemon left that was killed. The folders stay: running pods have them mounted.
  rm -rf "${CUDA_MPS_PIPE_DIRECTORY:?}"/*
}

wait_for_nothing() {
  say "no GPU out of MIG mode: nothing to share"
  : >"$idle"
  sleep 2147483647 &
  daemon=$!
  trap 'kill "$daemon"; exit 0' TERM INT
  wait "$daemon"
}

run() {
  rm -f "$idle"
  plain_gpus
  [ -n "$plain" ] || wait_for_nothing
  open_folders
  echo get_server_list >"$question"
  say "sharing $plain"
  # The GPUs stay in compute mode DEFAULT: in EXCLUSIVE_PROCESS the server would keep those that Kerf gives whole.
  # -M: one server for all users. Without it the pods of a second user wait until those of the first are gone.
  CUDA_VISIBLE_DEVICES=$plain nvidia-cuda-mps-control -f -M &
  daemon=$!
  trap 'ask "quit -t 10" || :; wait "$daemon" || :; exit 0' TERM INT
  code=0
  wait "$daemon" || code=$?
  say "the daemon ended with $code"
  exit 1
}

# In the place of this shell: a probe that takes too long is killed alone, and a child that lived on with its
# output open would keep the kubelet waiting for ever, instead of the daemon being started again.
healthy() {
  [ ! -e "$idle" ] || exit 0
  exec nvidia-cuda-mps-control <"$question" >/dev/null
}

case ${1-} in
run) run ;;
healthy) healthy ;;
*)
  echo "usage: mps.sh run | healthy" >&2
  exit 2
  ;;
esac

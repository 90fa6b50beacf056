#!/bin/sh
# Writes the inventory record of this node (docs/reference/inventory.md) into a file whenever it has changed.
#
#   inventory.sh FILE           goes on until it is stopped
#   inventory.sh FILE --once    looks once, and exits 1 if nvidia-smi failed
#
# It asks nvidia-smi alone. While nvidia-smi fails, or a GPU does not say what it is, the file stays as it is: a GPU that is
# missing from a record would be taken for one that is gone.
set -eu
file=${1:?"usage: inventory.sh FILE [--once]"}
here=${0%/*}
# The root of the container is read-only.
work=$(mktemp -d "${file%/*}/asking.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 0' TERM INT
told=

say() {
  [ "$told" = "$*" ] || printf 'inventory: %s\n' "$*" >&2
  told=$*
}

# Writes what nvidia-smi says to this file; its complaint on failure.
ask() {
  answer=$work/$1
  shift
  nvidia-smi "$@" >"$answer" 2>"$work/complaint" && return 0
  say "nvidia-smi $* failed: $(head -n 1 "$answer") $(head -n 1 "$work/complaint")"
  return 1
}

# It fails where no GPU has an instance, and where no GPU can have one.
ask_instances() {
  if nvidia-smi mig -lgi >"$work/instances" 2>&1; then
    return 0
  fi
  grep -q -e '^No GPU instances found' -e '^No MIG-enabled devices found' "$work/instances" && : >"$work/instances" && return 0
  say "nvidia-smi mig -lgi failed: $(head -n 1 "$work/instances")"
  return 1
}

look() {
  ask gpus --query-gpu=index,uuid,name,memory.total,mig.mode.current --format=csv,noheader,nounits || return 1
  ask uuids -L || return 1
  : >"$work/instances"
  : >"$work/devices"
  if grep -q ', Enabled$' "$work/gpus"; then
    ask_instances || return 1
    ask devices -q || return 1
  fi
  # How GPUs are connected only makes groups of whole GPUs better. Not every driver and machine says it.
  nvidia-smi topo -m >"$work/links" 2>/dev/null || : >"$work/links"
  if ! awk -f "$here/inventory.awk" -v folder="$work" </dev/null >"$work/record" 2>"$work/complaint"; then
    say "$(cat "$work/complaint")"
    return 1
  fi
  [ ! -s "$work/complaint" ] || say "$(cat "$work/complaint")"
  if ! cmp -s "$work/record" "$file"; then
    cp "$work/record" "$file.new"
    # A reader sees the old one or the new one.
    mv "$file.new" "$file"
    say "$(grep -c . "$work/gpus") GPUs: $file is written"
  fi
}

if [ "${2-}" = --once ]; then
  look
  exit
fi
while :; do
  look || :
  # In the background, so that the end of the pod need not wait for it.
  sleep "${SECONDS_BETWEEN:-30}" &
  wait $! || :
done

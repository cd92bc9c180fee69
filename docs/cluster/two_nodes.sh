#!/bin/sh
# A cluster of Ray with two nodes, here on one machine, and a run on it. On real machines, the second
# "ray start" is given on each of the others, with the address of the first.
set -e
export RAY_USAGE_STATS_ENABLED=0
# The same on every machine, or Ray refuses it: nodes and the command alike.
export RAY_AUTH_MODE=token RAY_AUTH_TOKEN=$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')
PORT=6399 OUT=${1:-results/cluster}
trap 'ray stop >/dev/null 2>&1' EXIT

ray start --head --port=$PORT --num-cpus=1 --object-store-memory=100000000 --include-dashboard=false >/dev/null 2>&1
ray start --address=127.0.0.1:$PORT --num-cpus=1 --object-store-memory=100000000 >/dev/null 2>&1

emssl-bench run --robot planar3 --method direct emssl --joint-range 90 --budget smoke --seeds 0 1 \
    --forward chain --on ray:127.0.0.1:$PORT --out "$OUT"

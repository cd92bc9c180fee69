#!/bin/sh
# A job array without Ray: every task runs a share of the trials into a folder of its own, then all are merged.
# Here a loop plays the array. In SLURM the body of the loop is the job, I is $SLURM_ARRAY_TASK_ID, and
# "sbatch --array=1-3" starts the tasks side by side.
set -e
OUT=${1:-results/array} N=3

for I in 1 2 3; do
    emssl-bench run --robot planar3 --method direct emssl --joint-range 90 --budget smoke --seeds 0 1 \
        --forward chain --shard $I/$N --out "$OUT/part-$I" | grep -E "trials to run|done"
done
emssl-bench merge "$OUT"/part-* --out "$OUT/all"

"""Share the trials of one benchmark among several machines, and bring the records together.

A trial does not depend on the others: every machine can take some of them, each into a folder of its own, and
`emssl-bench merge` makes one folder of all. `--shard I/N` picks them, and `--on ray:HOST:PORT` does it all on a
cluster (docs/cluster.md). Here two folders stand for two machines. On real ones, the shell
commands would be

    emssl-bench run --method direct --seeds 0-1 --out results/desk      # on the first machine
    emssl-bench run --method direct --seeds 2-3 --out results/server    # on the second
    emssl-bench merge results/desk results/server --out results/both    # where both folders have been copied to

    python examples/06_many_machines.py
"""

import tempfile
from pathlib import Path

import torch

import robots
from emssl_bench.cli import main
from emssl_bench.experiments import accuracy
from emssl_bench.experiments.training import run_trial
from emssl_bench.records import Store

MACHINES = ("desk", "server")
SIZE = accuracy.Budget(train_samples=700, test_samples=300, method={"iterations": 2, "epochs": 1})

arm = robots.load("planar3")
trials = accuracy.plan(["direct"], arm, [90], range(4), SIZE, overrides={}, forward="chain")
torch.set_num_threads(trials[0].settings.threads)  # threads change rounding, so a trial states their number

with tempfile.TemporaryDirectory() as folder:
    for number, machine in enumerate(MACHINES):
        store = Store(Path(folder) / machine)
        for trial in trials[number :: len(MACHINES)]:  # every second trial
            record = run_trial(trial, arm, store, workers=1, on_progress=lambda status: None)
            store.save(record)
            print(f"{machine}: seed {trial.seed}, mean error {record.metrics['error_mean_cm']:.1f} cm")

    both = Path(folder) / "both"
    exit_code = main(["merge", *(str(Path(folder) / machine) for machine in MACHINES), "--out", str(both)])
    merged = Store(both).records()
    print(f"merged: {len(merged)} records of seeds {', '.join(str(record.trial.seed) for record in merged)}")
raise SystemExit(exit_code)

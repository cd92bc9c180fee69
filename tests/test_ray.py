"""Trials on a real cluster of Ray: two nodes of this machine, one of which is killed."""

import importlib.util
import re
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray is not installed: pip install 'emssl-bench[ray]'"
)

SCRIPT = """
import sys
from pathlib import Path
from tests.benchmarks import cluster_losses

folder = Path(sys.argv[1])
command = [*cluster_losses.RUN, "--seeds", "0", "--set", "emssl.iterations=20", "direct.iterations=20"]
cluster_losses.local(command, folder / "local")
cluster_losses.with_kills(command, folder / "ray", folder / "local", 1)
"""
"""In a process of its own: Ray leaves threads and open files behind."""


@pytest.mark.timeout(600)  # two nodes and a dozen processes are started
def test_where_a_node_is_killed_its_trials_go_on_elsewhere_and_end_with_the_same_bytes(tmp_path):
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True, timeout=580)
    said = [line for line in done.stdout.splitlines() if line.startswith(("===", "---"))]
    assert re.search(r"=== local: exit code 0", done.stdout), done.stderr
    assert re.search(r"=== 1 kills: exit code 0", done.stdout), done.stderr
    assert any("lost on" in line and "it goes on elsewhere" in line for line in said), said
    assert said[-1] == "=== differences from --on local: none", said
    assert "Traceback" not in done.stderr

"""The scripts in examples/ run, and print what their docstrings promise."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
PRINTED = {
    "01_load_and_solve": ["iteration 5 of 5: mean error ", "target [0.65 0.1  0.  ] m: joint angles ["],
    "02_your_own_arm": ["little: joints turn, shoulder, elbow; reach 0.60 m", "workspace: x from -0.5"],
    "03_your_own_method": ["Nearest neighbour: mean error ", "EMSSL plus: mean error ", "14,000 arm queries"],
    "04_your_own_table": ["median [cm]", "babbling 5 0.08"],
    "05_environment": ["random policy: ", "1,000 arms in one step: ", "1,000 poses: "],
    "07_solve_and_refine": [
        "<lookup for planar3 (3 joints, ±90°): mean error ",
        "of 200 targets within 1 mm",
        "queries",
    ],
    "06_many_machines": ["desk: seed 2, ", "server: seed 3, ", "merged: 4 records of seeds 0, 1, 2, 3"],
}


def test_every_example_is_numbered_and_has_its_expected_output():
    assert [path.stem for path in EXAMPLES] == sorted(PRINTED)
    assert [path.stem[:3] for path in EXAMPLES] == [f"{number:02}_" for number in range(1, len(EXAMPLES) + 1)]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_short_and_says_what_it_shows_and_how_to_run_it(path):
    text = path.read_text()
    assert 25 <= len(text.splitlines()) <= 60
    assert f"    python examples/{path.name}" in (ast.get_docstring(ast.parse(text)) or "")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_and_prints_what_it_promises(path, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    environment["PYTHONWARNINGS"] = "error::DeprecationWarning:__main__"
    ran = subprocess.run(
        [sys.executable, str(path)], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=200
    )
    assert ran.returncode == 0, ran.stderr
    assert not ran.stderr
    printed = " ".join(ran.stdout.split())  # columns are as wide as their longest name
    for expected in PRINTED[path.stem]:
        assert " ".join(expected.split()) in printed
    assert not list(tmp_path.iterdir())  # nothing is left in the folder where it runs

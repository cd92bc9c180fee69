"""Methods of other packages: a whole one, as docs/extend.md has it, and how it is known and configured."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import emssl_bench
from emssl_bench import cli
from emssl_bench.data import Dataset
from emssl_bench.exceptions import InvalidValue, ModelError
from emssl_bench.experiments import accuracy
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods import registry
from emssl_bench.records import Store
from emssl_bench.report.frames.accuracy import accuracy_runs, table_2
from emssl_bench.report.naming import method_title
from emssl_bench.seeding import Seeds
from tests.commands import run
from tests.packages import SOUND, package
from tests.reports import errors_printed
from tests.runs import TINY

PAGE = (Path(__file__).parent.parent / "docs" / "extend.md").read_text()


def block(language):
    """The only block of a language in docs/extend.md that is a file."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[0]


def test_the_method_of_the_page_can_be_installed_and_run(tmp_path, capsys, monkeypatch, planar3, planar3_chain):
    source, installed, out = tmp_path / "source", tmp_path / "installed", tmp_path / "out"
    source.mkdir()
    (source / "nearest_neighbour.py").write_text(block("python"))
    (source / "pyproject.toml").write_text(block("toml"))
    assert len(block("python").splitlines()) < 50
    offline = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check")
    pip = [sys.executable, "-m", "pip", "install", "-q", *offline, "--target", str(installed), str(source)]
    subprocess.run(pip, check=True, capture_output=True, timeout=280)

    options = ("--robot", "planar3", "--budget", "smoke", "--forward", "chain", "--joint-range", "90")
    ran = subprocess.run(
        [sys.executable, "-m", "emssl_bench.cli", "run", "--method", "nearest", *options, "--out", str(out)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(installed), str(Path.cwd())])},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert ran.returncode == 0, ran.stderr
    assert not ran.stderr
    assert "Nearest neighbour" in (out / "tables" / "table2.md").read_text()
    (record,) = Store(out).records()
    assert (record.metrics["labelled_samples"], record.metrics["forward_calls"]) == (2800, 0)

    data = Dataset.sample(planar3_chain, JointSpace.of(planar3, 90), 2800, 1200, Seeds(0))
    apart = np.linalg.norm(data.test_targets[:, None] - data.train.targets, axis=2)
    assert record.metrics["error_mean_cm"] == pytest.approx(apart.min(axis=1).mean() * 100)

    with pytest.raises(ModelError, match="is of the package 'emssl-bench-nearest', which is not installed here"):
        emssl_bench.load(out / record.model)
    monkeypatch.syspath_prepend(installed)
    errors_cm = distances_cm(emssl_bench.load(out / record.model), planar3_chain, data.test_targets)
    assert errors_cm.mean() == pytest.approx(record.metrics["error_mean_cm"])
    code, said, _ = run(capsys, "methods", "nearest")
    assert code == 0
    assert "nearest    Nearest neighbour: the joint angles of the nearest training positions." in said
    assert "--set nearest.neighbours=...  [a whole number; default 1]" in said


def distances_cm(model, arm, positions):
    return 100 * np.linalg.norm(arm.positions(model.joint_angles(positions)) - positions, axis=1)


def test_names_are_known_without_importing_torch_or_the_plug_in(tmp_path):
    package(tmp_path, "never_imported", "raise RuntimeError('imported')")
    code = "import sys; from emssl_bench.methods import registry; print(registry.names(), 'torch' in sys.modules)"
    paths = os.pathsep.join([str(tmp_path), str(Path.cwd())])
    found = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True
    )
    assert found.stdout == f"{[*registry.METHODS, 'mine']} False\n", found.stderr


def test_a_plug_in_is_a_method_like_any_other(install, planar3, tmp_path):
    install("sound", SOUND)
    assert registry.names() == [*registry.METHODS, "mine"]
    assert registry.parsed("mine", "amount", "3") == 3
    assert registry.parsed("mine", "word", "loud") == "loud"
    assert registry.described("mine")[1] == ("word", "text", "calm", "said")
    with pytest.raises(InvalidValue, match=r"mine\.amount must be a number at least 1"):
        registry.configured("mine", {"amount": 0})
    (trial,) = accuracy.plan(["mine"], planar3, [90], [0], TINY, {"mine": {"amount": 2}}, "chain")
    record, _ = accuracy.run(trial, planar3, Store(tmp_path), 1, lambda standing: None)
    Store(tmp_path).save(record)
    assert errors_printed(table_2(accuracy_runs([record])))["Method"].tolist() == ["At rest (amount=2)"]


def test_records_of_a_plug_in_are_shown_when_it_is_gone():
    assert method_title("mine", "amount=2") == "mine (amount=2)"


def test_plug_ins_of_one_title_have_their_names_beside_it(install):
    install("first", SOUND)
    install("second", SOUND, method="other")
    install("third", SOUND.replace("At rest", "EMSSL"), method="third")
    install("fourth", SOUND.replace("At rest", "Alone"), method="fourth")
    assert method_title("mine") == "At rest (mine)"
    assert method_title("other", "amount=2") == "At rest (other, amount=2)"
    assert (method_title("third"), method_title("emssl")) == ("EMSSL (third)", "EMSSL")
    assert method_title("fourth") == "Alone"


def test_settings_that_are_one_of_some_numbers_or_several_words_can_be_set(install):
    settings = """
    size: typing.Literal[1, 2] = setting(1, "of it")
    words: tuple[str, ...] = setting(("a",), "of it")
"""
    install("choosing", "import typing\n" + SOUND.replace("    @property", f"{settings}    @property", 1))
    assert registry.parsed("mine", "size", "2") == 2
    with pytest.raises(InvalidValue, match=r"mine\.size must be one of 1, 2, not '3'"):
        registry.parsed("mine", "size", "3")
    assert registry.parsed("mine", "words", "b,c") == ("b", "c")
    with pytest.raises(InvalidValue, match=r"mine\.words must be text, several joined by commas, not 3"):
        registry.configured("mine", {"words": 3})


def test_the_commands_of_the_page_are_commands():
    commands = [line.split()[1:] for line in re.findall(r"^emssl-bench .*", PAGE, re.MULTILINE)]
    assert len(commands) == 3
    for command in commands:
        cli.parser().parse_args(command)

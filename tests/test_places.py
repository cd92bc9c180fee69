"""Where trials run: what --on and --shard take, and what is said where it cannot be done."""

import argparse
import importlib
import socket
import threading

import pytest

from emssl_bench import cli
from emssl_bench.cli import places
from emssl_bench.cli import run as run_command
from emssl_bench.engine import driver, ray_cluster
from emssl_bench.engine.fleet import Requirements
from emssl_bench.records import Store, machine
from tests.commands import run

SMALL = ("--robot", "planar3", "--method", "direct", "--joint-range", "90", "--forward", "chain")


def shares(count, trials):
    return [places.share(argparse.Namespace(shard=places.Shard(n, count)), trials) for n in range(1, count + 1)]


@pytest.mark.parametrize("count", [1, 2, 3, 7, 40])
def test_shares_are_disjoint_complete_and_as_equal_as_can_be(capsys, count):
    trials = list(range(23))
    found = shares(count, trials)
    assert sorted(trial for each in found for trial in each) == trials
    assert max(map(len, found)) - min(map(len, found)) <= 1
    assert found == shares(count, trials)
    assert capsys.readouterr().err.count("is empty: there are 23") == 2 * max(0, count - 23)


@pytest.fixture
def planned(monkeypatch):
    """The trials that commands would run, a list for each time."""
    trials = []

    def noted(waiting, *_, **__):
        trials.append(list(waiting))
        return []

    monkeypatch.setattr(driver, "run_trials", noted)
    monkeypatch.setattr(run_command, "reported", lambda *_: 0)
    monkeypatch.setattr("emssl_bench.cli.adapt.reported", lambda *_: 0)
    return trials


def test_the_shares_of_a_run_are_all_of_its_trials(planned, tmp_path):
    command = ["run", *SMALL, "--seeds", "0-4", "--out", str(tmp_path)]
    for more in ([], ["--shard", "1/2"], ["--shard", "2/2"]):
        assert cli.main([*command, *more]) == 0
    whole, first, second = planned
    assert [len(each) for each in planned] == [5, 3, 2]
    assert {trial.digest for trial in first} | {trial.digest for trial in second} == {t.digest for t in whole}


def test_what_is_adapted_is_in_the_share_of_its_base_model(planned, tmp_path):
    small = ("--robot", "planar3", "--forward", "chain", "--approach", "replace", "scratch", "--extend-cm", "1", "3")
    for shard in ("1/2", "2/2"):
        out = str(tmp_path / shard[0])
        assert cli.main(["adapt", *small, "--seeds", "0", "1", "--out", out, "--shard", shard]) == 0
    bases, adapted = planned[::2], planned[1::2]
    assert [[trial.seed for trial in each] for each in bases] == [[0], [1]]
    for (base,), trials in zip(bases, adapted, strict=True):
        assert len(trials) == 4
        assert {trial.settings.base for trial in trials} == {base.digest}


def test_an_empty_share_is_one_line_and_no_error(capsys, tmp_path):
    code, out, err = run(capsys, "run", *SMALL, "--shard", "2/2", "--out", str(tmp_path / "out"))
    assert (code, out) == (0, "")
    assert err == "emssl-bench: the share 2/2 is empty: there are 1.\n"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--shard", "4/3"], "argument --shard: there are 3 shares, 1/3 to 3/3, and 4/3 is none of them"),
        (["--shard", "0/3"], "argument --shard: must be I/N, such as 1/4, not '0/3'"),
        (["--shard", "3"], "argument --shard: must be I/N, such as 1/4, not '3'"),
        (["--on", "rays"], "argument --on: must be local, ray, ray:HOST:PORT or ray:auto, not 'rays'"),
        (["--on", "ray://head:10001"], "argument --on: must be local"),
        (["--on", "ray:head"], "argument --on: must be local"),
        (["--on", "ray:head:99999"], "argument --on: must be local"),
    ],
)
def test_a_mistake_is_one_clear_line_and_exit_code_2(capsys, tmp_path, options, says):
    code, out, err = run(capsys, "run", *SMALL, *options, "--out", str(tmp_path / "out"))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert says in err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["run", "adapt", "solvers"])
def test_without_ray_one_line_says_how_to_install_it(capsys, tmp_path, monkeypatch, command):
    def without(name, package=None):
        if name == "ray":
            raise ImportError(name)
        return import_module(name, package)

    import_module = importlib.import_module
    monkeypatch.setattr(importlib, "import_module", without)
    code, _, err = run(capsys, command, "--on", "ray", "--out", str(tmp_path / "out"))
    assert (code, err) == (2, "emssl-bench: --on ray needs Ray: pip install 'emssl-bench[ray]'.\n")
    assert not (tmp_path / "out").exists()


@pytest.fixture
def ray_installed(monkeypatch):
    """As far as the module goes; nothing of it is called."""
    monkeypatch.setattr(ray_cluster.importlib, "import_module", lambda name: name)


def test_an_address_where_nobody_answers_is_one_line(capsys, tmp_path, ray_installed):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{closed.getsockname()[1]}"
    code, _, err = run(capsys, "run", *SMALL, "--on", f"ray:{address}", "--out", str(tmp_path / "out"))
    assert code == 2
    assert err == f"emssl-bench: no cluster of Ray answers at {address} (Connection refused): see ray status there.\n"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n", b"", None])
def test_an_address_where_something_else_answers_is_one_line_too(ray_installed, monkeypatch, answer):
    monkeypatch.setattr(ray_cluster, "_ANSWER_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        ended = threading.Event()

        def serve():
            connection, _ = server.accept()
            with connection:
                if answer is None:
                    ended.wait(60)
                else:
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(ray_cluster.ClusterError, match=r"no cluster of Ray answers at 127\.0\.0\.1:"):
            ray_cluster.require(f"127.0.0.1:{server.getsockname()[1]}")
        ended.set()
        thread.join()


def test_two_drivers_into_one_folder_are_one_clear_line_before_any_cluster(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(ray_cluster, "require", lambda address: None)
    monkeypatch.setattr(ray_cluster, "opened", lambda *_: pytest.fail("a cluster was opened"))
    with Store(tmp_path).claimed():
        code, _, err = run(capsys, "run", *SMALL, "--on", "ray:head:6379", "--out", str(tmp_path))
    assert (code, err.count("\n")) == (2, 1)
    assert f"{tmp_path} is in use by another command (process " in err


@pytest.mark.parametrize(
    ("options", "needed"),
    [
        ([], {"cpus": 1.0, "gpus": 0.0, "bullet": False}),
        (["--threads", "4", "--workers", "2"], {"cpus": 4.0}),
        (["--threads", "1", "--workers", "3"], {"cpus": 3.0}),
        (["--device", "cuda"], {"gpus": 1.0}),
        (["--forward", "bullet"], {"bullet": True}),
        (["--matmul", "onednn"], {"onednn": True}),
    ],
)
def test_a_node_must_have_the_cpus_gpus_and_packages_that_a_trial_needs(
    tmp_path, monkeypatch, planned, options, needed
):
    """Also a GPU that the driver's machine has not."""
    found = []
    monkeypatch.setattr(ray_cluster, "require", lambda address: None)
    monkeypatch.setattr(places, "_requirements", lambda *a: found.append(requirements(*a)) or found[-1])
    monkeypatch.setattr(ray_cluster, "opened", lambda *_: Nothing())
    command = ["run", *SMALL, "--on", "ray:head:6379", "--out", str(tmp_path), *options]
    assert cli.main(command) == 0
    assert {name: getattr(found[0], name) for name in needed} == needed
    assert isinstance(found[0], Requirements)
    assert found[0].code == machine.code_digest()


requirements = places._requirements


class Nothing:
    """A cluster without nodes."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def nodes(self):
        return []

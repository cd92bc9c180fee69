"""Trials on a cluster: lost ones go on elsewhere, each has exactly one record, and what cannot be used is said."""

from dataclasses import replace

import pytest

from emssl_bench.engine.base import Announced, Ended, Placed, Progressed, Started, Warned
from emssl_bench.engine.cluster import Finished, Inspection, Kept, Lost
from emssl_bench.engine.driver import run_trials
from emssl_bench.engine.fleet import Requirements
from emssl_bench.engine.on_cluster import MOST_LOSSES, OnCluster
from emssl_bench.exceptions import ClusterError
from emssl_bench.records import Record, Store
from tests.examples import record
from tests.fake_cluster import ABLE, CODE, NEEDED, FakeCluster, node
from tests.runs import Silent

RECORDS = {each.trial.digest: each for each in (record("emssl", 90, seed) for seed in range(6))}
TRIALS = [each.trial for each in RECORDS.values()]


@pytest.fixture
def cluster():
    return FakeCluster(lambda trial: RECORDS[trial.digest])


@pytest.fixture
def engine(cluster, paper6, tmp_path):
    return OnCluster(cluster, [paper6], tmp_path, NEEDED, "the driver's commit", clock=cluster.clock)


def done(events):
    return {event.record.trial.digest: event.record for event in events if isinstance(event, Ended)}


def texts(events, kind):
    return [event.text for event in events if isinstance(event, kind)]


def test_every_trial_starts_once_ends_once_and_is_signed_by_the_driver(engine, cluster):
    cluster.join(node("a"), node("b", cpus=2.5))
    events = list(engine.run(TRIALS))
    assert sorted(e.trial.seed for e in events if isinstance(e, Started)) == list(range(6))
    ended = [event.record for event in events if isinstance(event, Ended)]
    assert len(ended) == 6
    assert {each.trial.digest: replace(each, commit="abc") for each in ended} == RECORDS
    assert {each.commit for each in ended} == {"the driver's commit"}
    assert {event.host for event in events if isinstance(event, Placed)} == {"host-a", "host-b"}
    assert cluster.now_s == pytest.approx(201, abs=5), "three at a time, two each, and no place stays empty"


def test_trials_go_to_the_node_that_has_the_fewest(engine, cluster):
    cluster.join(node("a", cpus=3), node("b", cpus=3))
    list(engine.run(TRIALS[:4]))
    assert sorted(name for name, _ in cluster.orders) == ["a", "a", "b", "b"]


def test_a_lost_trial_goes_on_elsewhere_from_the_checkpoint_that_came_home(engine, cluster, tmp_path):
    cluster.join(node("a"))
    cluster.at(65.0, lambda: cluster.join(node("b")))
    cluster.at(75.0, lambda: cluster.kill("a"))
    events = list(engine.run(TRIALS[:1]))
    (_, first), (where, again) = cluster.orders
    assert where == "b"
    assert not first.files
    assert again.files == {f"checkpoints/{TRIALS[0].digest}.pt": b"6"}, "of 61 s: one comes in 30 s"
    assert len([event for event in events if isinstance(event, Started)]) == 1
    assert [event.host for event in events if isinstance(event, Placed)] == ["host-a", "host-b"]
    (said,) = texts(events, Warned)
    assert "lost on host-a (the node died); it goes on elsewhere from a checkpoint of 16 s ago (1 of 5)" in said
    assert list(done(events)) == [TRIALS[0].digest]


def test_a_checkpoint_goes_first_to_the_kind_of_machine_that_wrote_it(engine, cluster):
    other = replace(ABLE, machine="another kind")
    cluster.join(node("a"))
    cluster.at(50.0, lambda: cluster.join(node("b"), able=other))
    cluster.at(60.0, lambda: cluster.join(node("c")))
    cluster.at(70.0, lambda: cluster.kill("a"))
    list(engine.run(TRIALS[:1]))
    assert [name for name, _ in cluster.orders] == ["a", "c"]


def test_after_five_losses_the_sixth_is_a_failed_record_that_says_so(engine, cluster):
    cluster.noticed_s = 0.5
    for number in range(7):
        cluster.at(60.0 * number, lambda number=number: cluster.join(node(f"n{number}")))
        cluster.at(60.0 * number + 30, lambda number=number: cluster.kill(f"n{number}"))
    cluster.join(node("n0"))
    cluster.iterations = 1000
    events = list(engine.run(TRIALS[:1]))
    (failed,) = done(events).values()
    assert failed.status == "failed"
    assert failed.error == "its machine was lost 6 times, the last time host-n5 (the node died)"
    assert len(texts(events, Warned)) == MOST_LOSSES
    assert len(cluster.orders) == MOST_LOSSES + 1


def test_a_trial_that_dies_by_itself_is_one_failed_record_and_is_not_begun_again(engine, cluster):
    failed = Record(TRIALS[0], "failed", error="its process ended with exit code -9 before it had a result")
    cluster.result = lambda trial: failed if trial == TRIALS[0] else RECORDS[trial.digest]
    cluster.join(node("a"))
    events = list(engine.run(TRIALS[:2]))
    assert done(events)[TRIALS[0].digest] == failed
    assert len(cluster.orders) == 2


def test_what_a_lost_flow_sends_after_its_trial_was_begun_again_is_dropped(engine, cluster, tmp_path):
    cluster.join(node("a"), node("b"))
    events, flows = [], []
    for event in engine.run(TRIALS[:1]):
        events.append(event)
        if isinstance(event, Progressed) and not flows:
            flows = list(cluster._flows)
            cluster.send(flows[0], Lost("no word from it"))
            cluster.send(flows[0], Kept(b"9"))
            cluster.send(flows[0], Finished(Record(TRIALS[0], "failed", error="late"), {}))
    assert [each.status for each in done(events).values()] == ["done"]
    assert sum(isinstance(event, Ended) for event in events) == 1
    assert [name for name, _ in cluster.orders] in (["a", "b"], ["b", "a"])
    assert not cluster.orders[1][1].files, "what came after the loss is not used"


@pytest.mark.parametrize(
    ("needed", "able", "says"),
    [
        (NEEDED, Inspection("other code", "m", True, True), "its emssl-bench is other code (other code, the driver's"),
        (Requirements(CODE, bullet=True), Inspection(CODE, "m", False, True), "PyBullet is not installed there"),
        (Requirements(CODE, onednn=True), Inspection(CODE, "m", True, False), "matrix products by oneDNN"),
        (Requirements(CODE, machine="ours"), Inspection(CODE, "theirs", True, True), "another kind of machine"),
    ],
)
def test_a_node_that_cannot_give_the_same_numbers_is_refused_in_one_line(engine, cluster, needed, able, says):
    engine = replace(engine, requirements=needed)
    cluster.join(node("bad"), able=able)
    cluster.join(node("good"), able=replace(ABLE, machine="ours"))
    events = list(engine.run(TRIALS))
    (line,) = texts(events, Announced)
    assert line.startswith("the node host-bad is not used: ")
    assert says in line
    assert {name for name, _ in cluster.orders} == {"good"}
    assert len(done(events)) == 6


def test_where_no_node_can_be_used_the_run_ends_and_says_why(engine, cluster):
    cluster.join(node("bad"), able=replace(ABLE, code="other"))
    with pytest.raises(ClusterError, match=r"no node of the cluster can be used: its emssl-bench is other code"):
        list(engine.run(TRIALS))
    assert cluster.ended
    assert cluster.now_s < 10


@pytest.mark.parametrize("nodes", [[], [node("head", cpus=0)], [node("small", cpus=1)]])
def test_where_no_node_is_large_enough_the_run_waits_a_little_and_ends(engine, cluster, nodes):
    cluster.join(*nodes)
    engine = replace(engine, requirements=replace(NEEDED, cpus=2.0, gpus=1.0))
    with pytest.raises(ClusterError, match=r"no node of the cluster has 2 CPU and 1 GPU for a trial"):
        list(engine.run(TRIALS))
    assert 25 < cluster.now_s < 60


def test_nodes_that_join_are_used_and_nodes_that_leave_are_no_error(engine, cluster):
    cluster.join(node("a"))
    cluster.at(50.0, lambda: cluster.join(node("b"), node("c")))
    cluster.at(130.0, lambda: cluster._nodes.pop("b"))
    events = list(engine.run(TRIALS))
    assert {name for name, _ in cluster.orders} == {"a", "b", "c"}
    assert len(done(events)) == 6
    assert not texts(events, Announced)
    assert not texts(events, Warned)


def test_a_node_that_loses_trial_after_trial_rests_longer_each_time_and_the_others_do_the_work(engine, cluster):
    cluster.join(node("broken"), node("sound"))
    for now in range(3, 1000, 2):
        cluster.at(float(now), lambda: [cluster._end(f, Lost("disk full")) for f in on_broken(cluster)])
    events = list(engine.run(TRIALS))
    assert [each.status for each in done(events).values()] == ["done"] * 6
    assert 4 <= sum(name == "broken" for name, _ in cluster.orders) <= 12


def on_broken(cluster):
    return [flow for flow, name in cluster._flows.items() if name == "broken"]


def test_jobs_are_trials_at_a_time_and_a_gpu_or_cpus_are_counted(engine, cluster):
    cluster.join(node("a", cpus=8, gpus=2))
    most = []
    for event in replace(engine, jobs=3).run(TRIALS):
        most += [cluster.running] if isinstance(event, Placed) else []
    assert max(most) == 3
    needed = replace(NEEDED, cpus=3.0, gpus=1.0)
    most.clear()
    for event in replace(engine, requirements=needed).run(TRIALS):
        most += [cluster.running] if isinstance(event, Placed) else []
    assert max(most) == 2
    assert {(order.cpus, order.gpus) for _, order in cluster.orders[6:]} == {(3.0, 1.0)}


def test_what_is_timed_has_a_machine_for_itself_also_where_a_machine_is_two_nodes(engine, cluster):
    cluster.join(node("a", cpus=8, address="one"), node("b", cpus=8, address="one"), node("c", cpus=8, address="two"))
    most = []
    for event in replace(engine, requirements=replace(NEEDED, alone=True)).run(TRIALS):
        most += [cluster.running] if isinstance(event, Placed) else []
    assert max(most) == 2
    assert {name for name, _ in cluster.orders} == {"a", "c"}


def test_the_driver_writes_records_and_closing_the_run_ends_everything(engine, cluster, tmp_path):
    class Interrupting(Silent):
        def ended(self, record):
            raise KeyboardInterrupt

    cluster.join(node("a", cpus=2))
    with pytest.raises(KeyboardInterrupt):
        run_trials(TRIALS, engine, Store(tmp_path), Interrupting())
    assert cluster.running == 0
    assert len(Store(tmp_path).records()) == 1
    left = [trial for trial in TRIALS if not Store(tmp_path).done(trial)]
    cluster.join(node("b"))
    assert len(run_trials(left, engine, Store(tmp_path), Silent())) == 5
    assert len(Store(tmp_path).records()) == 6


def test_with_many_trials_each_tells_less_so_that_all_tell_the_driver_no_more(engine, cluster):
    cluster.join(node("large", cpus=6000))
    list(engine.run(TRIALS[:1]))
    list(replace(engine, jobs=6000).run(TRIALS))
    few, many = cluster.orders[0][1], cluster.orders[1][1]
    assert (few.events_every_s, few.checkpoint_every_s) == (1.0, 30.0)
    assert many.events_every_s == pytest.approx(30.0)
    assert many.checkpoint_every_s > 1000

"""What all methods that train a network share: batches, and an optimiser with its schedule."""

import numpy as np
import pytest
import torch
from torch import nn

from emssl_bench.data import TrainingData
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods.base import Problem
from emssl_bench.methods.network_method import RandomPairs
from emssl_bench.methods.trainer import Trainer, shuffled_batches
from emssl_bench.seeding import Seeds


@pytest.fixture
def rows():
    return torch.arange(100.0)[:, None]


def passes(count, *data, seed=0, batch=32):
    """All batches of so many passes through the data, pass by pass."""
    generator = torch.Generator().manual_seed(seed)
    return [list(shuffled_batches(batch, generator, *data)) for _ in range(count)]


def order(batches):
    return torch.cat([first for first, *_ in batches]).flatten().tolist()


def test_a_pass_takes_every_row_once_in_batches_and_the_last_takes_what_is_left(rows):
    (batches,) = passes(1, rows)
    assert [len(first) for (first,) in batches] == [32, 32, 32, 4]
    assert sorted(order(batches)) == rows.flatten().tolist()


def test_batches_are_shuffled_anew_in_every_pass_by_their_generator_alone(rows):
    first, second = (order(batches) for batches in passes(2, rows))
    in_order = rows.flatten().tolist()
    for one, other in ((first, in_order), (first, in_order[::-1]), (second, in_order), (first, second)):
        assert sum(a == b for a, b in zip(one, other, strict=True)) < 10, "as chance has it"
    assert order(passes(1, rows)[0]) == first
    assert order(passes(1, rows, seed=1)[0]) != first


def test_rows_that_belong_together_stay_together(rows):
    ((*batches,),) = passes(1, rows, 10 * rows)
    assert all(torch.equal(10 * one, other) for one, other in batches)
    trainer, seen = Trainer(nn.Linear(1, 1), 0.001), []

    def loss(one, other):
        seen.append((one, other))
        return trainer.network(one).sum() * 0

    trainer.epoch(loss, 32, torch.Generator().manual_seed(0), rows, 10 * rows)
    trainer.some(7, loss, 32, torch.Generator().manual_seed(1), rows, 10 * rows)
    assert len(seen) == trainer.steps == 4 + 7
    assert all(torch.equal(10 * one, other) for one, other in seen)
    assert order(seen[:4]) != rows.flatten().tolist()
    assert order(seen[4:8]) != rows.flatten().tolist()


def test_the_loss_of_a_pass_is_the_mean_over_its_rows(rows):
    """The last batch, which is smaller, counts for its rows; of several passes the last one's is told."""
    trainer = Trainer(nn.Linear(1, 1), 1e-12)

    def mean(batch):
        return batch.mean() + trainer.network(batch).sum() * 0

    generator = torch.Generator().manual_seed(0)
    assert trainer.epoch(mean, 32, generator, rows) == pytest.approx(49.5)
    epochs = iter(range(3))
    trainer.epoch = lambda *rest: float(next(epochs))
    assert trainer.epochs(3, mean, 32, generator, rows) == 2.0


def test_what_is_measured_is_kept_and_what_comes_is_new(planar3, planar3_chain):
    space = JointSpace.of(planar3, 90)
    nothing = TrainingData(np.empty((0, 3)), None, space)
    measured = RandomPairs(Problem(nothing, planar3_chain, Seeds(0)))
    first = dict(measured.more(30))
    both = measured.more(20)
    assert [len(rows) for rows in both.values()] == [50, 50]
    for name, rows in first.items():
        np.testing.assert_array_equal(both[name][:30], rows)
    assert len(set(map(tuple, both["joint_angles"]))) == 50
    np.testing.assert_array_equal(both["targets"], planar3_chain.positions(space.checked(both["joint_angles"])))


def test_the_rate_rises_over_the_warmup_to_what_the_schedule_says():
    """Adam moves a weight, whose gradient stays the same, by its rate."""
    weight = nn.Linear(1, 1, bias=False).double()
    trainer = Trainer(weight, 0.01, "cosine", total_steps=8, warmup=0.5)
    places = [weight.weight.item()]
    for _ in range(8):
        trainer.step(weight(torch.ones(1, 1, dtype=torch.double)).sum())
        places.append(weight.weight.item())
    warmed = np.array([0.25, 0.5, 0.75, 1, 1, 1, 1, 1])
    np.testing.assert_allclose(-np.diff(places), 0.01 * warmed * (1 + np.cos(np.pi * np.arange(8) / 8)) / 2, rtol=1e-5)


def test_a_cosine_schedule_begins_again_where_it_ended():
    weight = nn.Linear(1, 1, bias=False).double()
    trainer = Trainer(weight, 0.01, "cosine", total_steps=4)
    places = [weight.weight.item()]
    for _ in range(8):
        trainer.step(weight(torch.ones(1, 1, dtype=torch.double)).sum())
        places.append(weight.weight.item())
    rates = 0.01 * (1 + np.cos(np.pi * np.arange(4) / 4)) / 2
    np.testing.assert_allclose(-np.diff(places), [*rates, *rates], rtol=1e-5)

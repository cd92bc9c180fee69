"""What must hold of every setting of every method of ours: it does something."""

import dataclasses
import math
import typing

import numpy as np
import pytest

from emssl_bench.data import Dataset
from emssl_bench.exceptions import InvalidValue
from emssl_bench.forward.chain import CountedChain
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods import registry
from emssl_bench.methods.base import Problem
from emssl_bench.seeding import Seeds

SMALL = {"iterations": 2, "epochs": 2, "training_batch": 16, "arms": 5, "target_steps": 5, "exploration": 0.9}
ROUNDING_ALONE = {"inference_batch"}
OF_TABLE_I = "initialisation", "init_output_std", "init_output_offset"
BESIDE = {
    ("emssl-plus", "exponent"): {"components": 2},
    ("emssl-plus", "candidates"): {"components": 4, "corrections": 1},
    **{("cemssl", each): {"model": "latent"} for each in ("learning_rate", "latent_size", "cauchy_scale", *OF_TABLE_I)},
    ("goal-babbling", "home_chance"): {"bodies": 2, "step_m": 0.1},
    ("dqn", "steps"): {"steps": 3},
}
"""Other settings without which a setting means nothing, or comes to nothing in so small a training."""


@pytest.fixture(scope="module")
def data(planar3, planar3_chain):
    return Dataset.sample(planar3_chain, JointSpace.of(planar3, 90), 64, 20, Seeds(0))


def trained(name, data, chain, settings):
    """What a small training ends with: its answers."""
    known = registry.settings_of(name)
    method = registry.configured(name, {key: value for key, value in settings.items() if key in known})
    seen = data.train if method.uses_joint_angles else data.train.unlabelled()
    *_, last = method.learn(Problem(seen, CountedChain(chain), Seeds(0), "cpu"))
    return last.solver.joint_angles(data.test_targets)


def another(value, kind):
    """A value of the setting that is not the one it has."""
    if typing.get_origin(kind) is typing.Literal:
        return next(choice for choice in typing.get_args(kind) if choice != value)
    if isinstance(value, bool):
        return not value
    if isinstance(value, tuple):
        return (16, 8)
    return value + 3 if isinstance(value, int) else value / 2 or 0.3


@pytest.fixture(scope="module")
def plain(data, planar3_chain):
    """Of every method, trained with the settings that are changed one by one."""
    found = {}

    def of(name):
        if name not in found:
            found[name] = trained(name, data, planar3_chain, SMALL)
        return found[name]

    return of


@pytest.mark.parametrize(
    ("name", "setting"), [(name, each) for name in registry.METHODS for each, *_ in registry.described(name)]
)
def test_it_changes_what_is_learned(name, setting, plain, data, planar3_chain):
    kinds = registry.settings_of(name)
    method = registry.configured(name, {key: value for key, value in SMALL.items() if key in kinds})
    changed = another(getattr(method, setting), kinds[setting])
    beside = BESIDE.get((name, setting), {})
    answers = trained(name, data, planar3_chain, {**SMALL, **beside}) if beside else plain(name)
    other_answers = trained(name, data, planar3_chain, {**SMALL, **beside, setting: changed})
    if setting in ROUNDING_ALONE:
        np.testing.assert_allclose(other_answers, answers, atol=1e-4)
    else:
        assert not np.allclose(other_answers, answers, rtol=0, atol=1e-6), f"{setting}={changed!r} does nothing"


BOUNDED = [
    (name, each, which, field.metadata[which])
    for name in registry.METHODS
    for each, field in ((field.name, field) for field in dataclasses.fields(registry.method_class(name)))
    for which in ("least", "above", "below")
    if math.isfinite(field.metadata.get(which, math.inf))
]


@pytest.mark.parametrize(("name", "setting", "which", "bound"), BOUNDED)
def test_a_bound_is_where_it_is_said_to_be(name, setting, which, bound):
    """What is "at least" has its bound, what is "over" or "below" has not; the next beyond it is on the other side."""
    default, kind = getattr(registry.method_class(name)(), setting), registry.settings_of(name)[setting]
    whole = isinstance(default, tuple) or kind is int

    def configured(number):
        number = int(number) if whole else float(number)
        return registry.configured(name, {setting: (number,) if isinstance(default, tuple) else number})

    step = 1 if whole else 1e-9
    allowed, refused = {
        "least": (bound, bound - step),
        "above": (bound + step, bound),
        "below": (bound - step, bound),
    }[which]
    configured(allowed)
    with pytest.raises(InvalidValue, match=f"{name}.{setting} must be a number"):
        configured(refused)

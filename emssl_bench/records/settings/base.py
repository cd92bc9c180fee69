"""The settings of a trial: a frozen dataclass for each experiment, always written whole.

A setting's default is stated once, in its dataclass. A setting that came later than the first records also says what
records without it mean (`absent`). Digests leave such a setting out where it has that value, and use the first name of
a renamed one, so that a trial keeps its digest, its file name and its model for ever.
"""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any, ClassVar, Literal, Self

from emssl_bench.exceptions import RecordError, quoted
from emssl_bench.joint_space import JointRange
from emssl_bench.methods.history import as_before, completed, renamed
from emssl_bench.records.settings import checks
from emssl_bench.tasks import POSITION

Matmul = Literal["onednn", "default"]
_BY_EXPERIMENT: dict[str, type["Settings"]] = {}


def setting(check: checks.Check, *, default: Any = MISSING, absent: Any = MISSING, was: str = "") -> Any:
    """A field of `Settings`.

    Args:
        check: whether a value that was read can be one of it.
        default: of a trial that is planned without it.
        absent: the value that a record without it stands for, where there are such records.
        was: its first name, where that was another.
    """
    metadata = {"check": check, "was": was, **({} if absent is MISSING else {"absent": absent})}
    return field(metadata=metadata) if default is MISSING else field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What decides a trial's numbers, besides its arm and its seed.

    A subclass names its experiment and is then known to whoever reads records: `class Mine(Settings,
    experiment="mine")`.
    """

    experiment: ClassVar[str]
    subject: ClassVar[str] = ""
    """The setting after which a trial is called, such as its method; "" where the experiment says it all."""
    metrics: ClassVar[tuple[str, ...]] = ()
    """What a finished record must have measured."""
    columns: ClassVar[tuple[str, ...]] = ()
    """What its curve must have."""
    timed: ClassVar[bool] = False
    """Whether its numbers are timings, taken in turns: such records stay together or apart, never mixed."""

    robot_digest: str = setting(checks.text)
    """`RobotSpec.digest` of the arm."""
    device: str = setting(checks.text)
    """Where networks are computed: "cpu" or "cuda"."""
    threads: int = setting(checks.whole)
    """Torch threads; they change rounding, unless `matmul` is "onednn"."""

    def __init_subclass__(cls, experiment: str = "", **options: Any):
        super().__init_subclass__(**options)
        if experiment:
            cls.experiment = experiment
            _BY_EXPERIMENT[experiment] = cls

    @property
    def name(self) -> str:
        """What the trial is called: its method, approach or strategy."""
        return getattr(self, self.subject) if self.subject else self.experiment

    @property
    def trained_method(self) -> str:
        """The method that the trial trains or adapts; "" where there is none."""
        return ""

    @property
    def shown_change(self) -> str:
        """The change that the arm has undergone; "" where there is none."""
        return ""

    @property
    def arm_digest(self) -> str:
        """`RobotSpec.digest` of the arm that the trial's model is for."""
        return self.robot_digest

    @property
    def by_onednn(self) -> bool:
        """Whether oneDNN computes the matrix products of its networks, so that threads change no number."""
        return False

    def identity(self) -> dict[str, Any]:
        """All that the digest is made of besides the name, as the first records had it."""
        found = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name != self.subject and ("absent" not in each.metadata or value != each.metadata["absent"]):
                found[each.metadata["was"] or each.name] = value
        return found

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Self:
        """The settings that a record of format 3 holds; those that came after it was written have their `absent` value.

        Raises:
            TypeError: they are no dict, one is missing, or one is unknown.
        """
        later = {each.name: each.metadata["absent"] for each in fields(cls) if "absent" in each.metadata}
        return cls(**{**later, **dict(written)})

    @classmethod
    def read_older(cls, name: str, written: Mapping[str, Any]) -> Self:
        """The settings that a record of format 1 or 2 holds, which left out much that had its default value."""
        names = {each.metadata["was"]: each.name for each in fields(cls) if each.metadata["was"]}
        found = {names.get(key, key): value for key, value in dict(written).items()}
        for key in ("hyperparameters", "adaptation_hyperparameters"):
            if isinstance(found.get(key), dict):
                found[key] = renamed(found[key], "plugin" in found)
        return cls.read({**found, **({cls.subject: name} if cls.subject else {})})

    def complaints(self) -> Iterator[str]:
        """What is wrong with settings that were read, in words."""
        for each in fields(self):
            value = getattr(self, each.name)
            if not each.metadata["check"](value):
                yield f"its setting {each.name!r} cannot be {str(value)[:40]!r}"


@dataclass(frozen=True, kw_only=True)
class ArmSettings(Settings):
    """What trials share that query an arm."""

    joint_range_deg: JointRange = setting(checks.joint_range)
    """Half the width of the joint space [deg], or "limits"."""
    forward: str = setting(checks.text)
    """The forward model, of `FORWARD_MODELS`."""


@dataclass(frozen=True, kw_only=True)
class ChangedArmSettings(ArmSettings):
    """What trials share that are about a changed arm."""

    change: str = setting(checks.change)
    changed_digest: str = setting(checks.text)
    """`RobotSpec.digest` of the changed arm."""

    @property
    def shown_change(self) -> str:
        return self.change

    @property
    def arm_digest(self) -> str:
        return self.changed_digest


@dataclass(frozen=True, kw_only=True)
class TrainingSettings(ArmSettings):
    """What trials that train a method share."""

    train_samples: int = setting(checks.whole)
    test_samples: int = setting(checks.whole)
    matmul: Matmul = setting(checks.one_of("onednn", "default"), default="default", absent="default")
    """What computes the matrix products of networks: `solvers.products`."""
    task: str = setting(checks.text, default=POSITION.name, absent=POSITION.name)
    """What a target is, by the name of the `Task`."""
    hyperparameters: Mapping[str, Any] = setting(checks.named(checks.plain), was="method")
    """The method's own settings."""
    plugin: Mapping[str, str] | None = setting(
        checks.optional(lambda value: checks.named(checks.text)(value) and "code" in value), default=None, absent=None
    )
    """Package and code of the method, where it is none of ours."""

    @property
    def by_onednn(self) -> bool:
        return self.matmul == "onednn"

    def identity(self) -> dict[str, Any]:
        found = super().identity()
        if self.by_onednn:
            del found["threads"]  # they change nothing
        return {**found, "method": as_before(found["method"], self.trained_method, self.plugin is not None)}

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Self:
        settings = super().read(written)
        if settings.plugin is not None or not isinstance(settings.hyperparameters, dict):
            return settings
        return replace(settings, hyperparameters=completed(settings.hyperparameters, settings.trained_method))


def known_experiments() -> list[str]:
    """The experiments whose records can be read."""
    return sorted(_BY_EXPERIMENT)


def settings_of(experiment: str) -> type[Settings]:
    """The class of an experiment's settings, which an experiment may have in its own file.

    Raises:
        RecordError: no experiment of that name is known.
    """
    from emssl_bench import experiments

    if experiment not in _BY_EXPERIMENT and experiment in experiments.EXPERIMENTS:
        experiments.experiment(experiment)
    if experiment not in _BY_EXPERIMENT:
        known = ", ".join(known_experiments())
        raise RecordError(f"its experiment is {quoted(str(experiment))}, and this version knows {known}")
    return _BY_EXPERIMENT[experiment]

"""The methods by name: ours, and those of other packages (docs/extend.md).

To add one of ours, write its file and its line here. Names map to strings, and torch is imported only with a
method, so that names are known at once.
"""

import functools
import importlib.util
import typing
import warnings
from collections.abc import Mapping
from dataclasses import MISSING, Field, asdict, fields
from typing import TYPE_CHECKING, Any

from emssl_bench.exceptions import (
    BrokenPlugin,
    EmsslBenchError,
    InvalidValue,
    MethodError,
    MissingDependency,
    UnknownName,
    error_line,
)
from emssl_bench.methods import plugins
from emssl_bench.methods.history import RENAMED
from emssl_bench.setting_types import from_text, is_kind, type_name, typed

if TYPE_CHECKING:
    from emssl_bench.methods.base import Method

OF_ALL = {
    "direct": "baselines.direct:DirectRegression",
    "distal": "baselines.distal:DistalSupervised",
    "cgan": "baselines.cgan:ConditionalGan",
    "emssl": "emssl_bench.methods.emssl:Emssl",
    "emssl-plus": "emssl_bench.methods.emssl_plus:EmsslPlus",
    "distal-exact": "baselines.distal_exact:DistalExact",
    "lookup": "baselines.lookup:Lookup",
    "babbling": "baselines.babbling:Babbling",
}
"""What `all` stands for, with plug-ins: the four of the paper's Table II in its order, and those that we hold against
them."""
FURTHER = {
    "inverted-forward": "baselines.inverted_forward:InvertedForward",
    "cemssl": "emssl_bench.methods.cemssl:Cemssl",
    "mdn": "baselines.mdn:MixtureDensity",
    "flow": "baselines.flow:Flow",
    "cvae": "baselines.cvae:ConditionalVae",
    "flow-matching": "baselines.flow_matching:FlowMatching",
    "ddpg": "baselines.ddpg:Ddpg",
    "dqn": "baselines.dqn:Dqn",
    "goal-babbling": "baselines.goal_babbling:GoalBabbling",
    "constrained-dof": "baselines.constrained_dof:ConstrainedDof",
    "local-linear": "baselines.local_linear:LocalLinear",
    "fnn-joints": "baselines.fnn_joints:FnnJoints",
    "cnn": "baselines.cnn:Cnn",
}
"""Other methods of the field, which only `everything` stands for."""
METHODS = {**OF_ALL, **FURTHER}
"""Ours, in the order of the tables."""
GROUPS = ("all", "everything")
"""Names that stand for several methods."""


def names() -> list[str]:
    """Every method's name, ours first; nothing is imported, so that a plug-in among them may be broken."""
    return [*METHODS, *plugins.found(METHODS).methods]


def usable(group: str = "everything") -> tuple[list[str], list[str]]:
    """The names of the methods that one of `GROUPS` stands for and that can be run; and a line for each that cannot."""
    found = plugins.found(METHODS)
    methods, complaints = [], list(found.ignored)
    for name in (*(OF_ALL if group == "all" else METHODS), *found.methods):
        try:
            require_packages(name)
            methods.append(name)
        except (BrokenPlugin, MissingDependency) as error:
            complaints.append(str(error))
    return methods, complaints


def require_packages(name: str) -> None:
    """
    Raises:
        UnknownName, BrokenPlugin: as of `method_class`.
        MissingDependency: the method needs a package that is not installed; says how to install it.
    """
    cls = method_class(name)
    for package, extra in cls.requires.items() if name in METHODS else ():
        if importlib.util.find_spec(package) is None:
            raise MissingDependency(
                f"the method {name!r} needs the package {package!r}: pip install 'emssl-bench[{extra}]'."
            )


def method_class(name: str) -> type["Method"]:
    """The class behind a name.

    Raises:
        UnknownName: no method of that name.
        BrokenPlugin: it is of another package, and cannot be used.
    """
    if name in METHODS:
        module, _, attribute = METHODS[name].partition(":")
        return getattr(importlib.import_module(module), attribute)
    found = plugins.found(METHODS).methods
    if name not in found:
        raise UnknownName("method", name, names())
    return _checked(found[name])


@functools.cache
def _checked(plugin: plugins.Plugin) -> type["Method"]:
    """The class of a plug-in, once it is known that its defaults are of their types."""
    cls = plugin.load()
    try:
        types_of = _types_of(cls)
        for key, value in asdict(cls()).items():
            if not is_kind(types_of[key]):
                raise InvalidValue(f"{key} must be int, float, bool, str, Literal or tuple[..., ...].")
            typed(key, value, types_of[key])
    except EmsslBenchError as error:
        raise plugin.broken(f"its setting {error}") from None
    except Exception as error:
        raise plugin.broken(error) from None
    return cls


def plugin(name: str) -> plugins.Plugin | None:
    """The plug-in that has the method of this name; None for one of ours.

    Raises:
        UnknownName: no method of that name.
    """
    if name in METHODS:
        return None
    found = plugins.found(METHODS).methods
    if name not in found:
        raise UnknownName("method", name, names())
    return found[name]


def code_of(name: str) -> dict[str, str] | None:
    """The package and the code of a method of another package; None for one of ours.

    Records and checkpoints of a plug-in with other code thus belong to other trials.

    Raises:
        UnknownName: no method of that name.
    """
    found = plugin(name)
    return found.identity() if found else None


def require_code(name: str, code: Mapping[str, str] | None) -> None:
    """
    Raises:
        MethodError: the method is of other code now than when its trial was planned.
    """
    if code != code_of(name):
        raise MethodError(f"the code of {name!r} changed after the run was planned; run again.")


def settings_of(name: str) -> dict[str, Any]:
    """The settings of a method and their types."""
    return _types_of(method_class(name))


def _types_of(cls: type["Method"]) -> dict[str, Any]:
    hints = typing.get_type_hints(cls)
    return {field.name: hints[field.name] for field in fields(cls)}


def current_name(name: str, key: str) -> str:
    """What a setting of a method is called now: another name than `key` where that is an old one.

    Raises:
        UnknownName: no such method, or no such setting.
    """
    types_of = settings_of(name)
    if key not in types_of and (now := RENAMED.get(key)) in types_of:
        return now
    if key not in types_of:
        raise UnknownName(f"setting of {name}", key, types_of)
    return key


def _current(name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings by their current names, with a warning for each old one."""
    found = {}
    for key, value in settings.items():
        now = current_name(name, key)
        if now != key:
            warnings.warn(f"the setting {name}.{key} is now {name}.{now}", FutureWarning, stacklevel=3)
        found[now] = value
    return found


def configured(name: str, settings: Mapping[str, Any]) -> "Method":
    """A method with settings; those not given keep their defaults.

    Raises:
        UnknownName: no such method, or no such setting.
        BrokenPlugin: as of `method_class`.
        InvalidValue: a setting of the wrong type or outside what is allowed.
    """
    from emssl_bench.methods.base import Method

    types_of = settings_of(name)
    values = {key: typed(f"{name}.{key}", value, types_of[key]) for key, value in _current(name, settings).items()}
    cls = method_class(name)
    try:
        method = cls(**values)
        Method.__post_init__(method)  # again, for a plug-in whose own leaves out the bounds
        return method
    except InvalidValue as error:
        raise InvalidValue(f"{name}.{error}") from None
    except Exception as error:  # a plug-in's own way of refusing a value
        raise InvalidValue(f"{name} refuses its settings ({error_line(error)}).") from None


def parsed(name: str, key: str, text: str) -> Any:
    """The value of a setting given as text, e.g. "20", "true", "512,256".

    Raises:
        UnknownName: no such method, or no such setting.
        InvalidValue: the text is no value of the setting's type.
    """
    key = current_name(name, key)
    return from_text(f"{name}.{key}", text, settings_of(name)[key])


def described(name: str) -> list[tuple[str, str, str, str]]:
    """The settings of a method: name, type, default and those of tasks that have another, meaning."""
    types_of, method = settings_of(name), method_class(name)

    def default(f: Field) -> str:
        others = [f"{own[f.name]} with --task {task}" for task, own in method.of_task.items() if f.name in own]
        return ", ".join([str(f.default), *others])

    return [
        (f.name, type_name(types_of[f.name]), default(f), f.metadata.get("help", ""))
        for f in fields(method)
        if f.default is not MISSING
    ]

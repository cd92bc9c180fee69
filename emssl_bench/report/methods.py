"""What methods and their variants are called in tables and figures, and in which order they stand."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pandas as pd

from emssl_bench.exceptions import BrokenPlugin, UnknownName
from emssl_bench.experiments.accuracy import BUDGETS
from emssl_bench.methods import registry
from emssl_bench.records import Record

if TYPE_CHECKING:
    from emssl_bench.methods.base import Method


def title(method: str, variant: str = "") -> str:
    """The method's name as tables print it."""
    cls = _class_of(method)
    name = cls.title if cls else method
    return f"{name} ({variant})" if variant else name


def needs_gradient(method: str) -> bool:
    """Whether it needs the arm's exact gradient, which the others do without: then it is no rival."""
    cls = _class_of(method)
    return cls is not None and cls.differentiates_arm


def ranks(methods: Iterable[str]) -> dict[str, int]:
    """Where each stands in tables: the paper's in its order, others after them, those given the gradient last."""
    others = sorted(set(methods) - registry.METHODS.keys())
    names = [name for name in [*registry.METHODS, *others] if name in set(methods)]
    return {name: i for i, name in enumerate(sorted(names, key=needs_gradient))}


def own_settings(record: Record) -> dict[str, Any]:
    """The method's settings, of adaptation those that the model was trained with, and what the trial ran on; what
    the model was trained on, if that is something else; and a plug-in's code."""
    settings = record.trial.settings
    own = {key: settings[key] for key in ("forward", "device", "threads")}
    trained_on = {f"trained_{key}": value for key, value in settings.get("trained_on", {}).items()}
    code = {"plugin code": settings["plugin"]["code"]} if "plugin" in settings else {}
    return {**own, **trained_on, **code, **settings["method"]}


def with_variants(runs: pd.DataFrame, alike: Sequence[str]) -> pd.DataFrame:
    """Names in `variant`, of the `settings` of each run, those that are not as usual.

    As usual is the method's default. Of what a budget decides it is, of what the method's runs have, that which most
    runs of all methods of the setup have: where one method ran longer too, its name alone is of the length that the
    others have. Of what is no setting of the method, and of what some runs do not have, their code being older, it is
    the default where one of the runs that are alike has it, or else what most have.

    Args:
        runs: one row a run, labelled apart; its `variant` is filled in.
        alike: the columns in which runs that are compared agree, the last of them the method.
    """
    for _, setup in runs.groupby(list(alike[:-1])):
        of_setup = list(setup["settings"])
        for method, group in setup.groupby(alike[-1]):
            settings = list(group["settings"])
            keys = dict.fromkeys(key for each in settings for key in each)
            usual = {key: _usual(str(method), key, settings, of_setup) for key in keys}
            runs.loc[group.index, "variant"] = [
                ", ".join(f"{key}={_plain(s.get(key))}" for key in keys if _plain(s.get(key)) != usual[key])
                for s in settings
            ]
    return runs


def _usual(method: str, key: str, alike: Sequence[dict[str, Any]], setup: Sequence[dict[str, Any]]) -> str:
    defaults = {field.name: _plain(field.default) for field in fields(cls)} if (cls := _class_of(method)) else {}
    default = defaults.get(key, _plain(None))  # of what is no setting, and not everywhere, that it is not there
    given = [_plain(each.get(key)) for each in alike]
    if key == "plugin code" and (code := _installed_code(method)) in given:
        return code
    if any(key in budget.method for budget in BUDGETS.values()):
        of_setup = [_plain(each.get(key)) for each in setup]
        return max(given, key=lambda value: (of_setup.count(value), value == default))
    if (key in defaults and _plain(None) not in given) or default in given:
        return default
    return max(given, key=given.count)


def _installed_code(method: str) -> str:
    """The plug-in's code as it is now; of ours, and of one that is not installed, nothing that a run has."""
    try:
        return registry.code_of(method).get("plugin", {}).get("code", "")
    except UnknownName:
        return ""


def _plain(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _class_of(method: str) -> type["Method"] | None:
    try:
        return registry.method_class(method)
    except (UnknownName, BrokenPlugin):  # a record of a plug-in, which need not be installed to be shown
        return None

"""Variants: what tells runs of one method apart, in words.

A run is named by its method alone where its settings are the default ones, and otherwise with those that are not. What
it ran on (device, threads, products) tells runs apart only where a seed ran on several: seeds may be shared among
machines.
"""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

import pandas as pd

from emssl_bench.exceptions import UnknownName
from emssl_bench.experiments.accuracy import BUDGETS
from emssl_bench.methods import registry
from emssl_bench.records import Record
from emssl_bench.records.settings import AdaptationSettings, TrainingSettings
from emssl_bench.records.settings.adaptation import RUN_SETTINGS
from emssl_bench.report.naming import method_class

DECIDED_BY_BUDGETS = tuple(dict.fromkeys(key for budget in BUDGETS.values() for key in budget.method))
"""Settings of how long a method trains."""


def own_settings(record: Record) -> dict[str, Any]:
    """The settings that decide a model besides its method and data, with what it ran on and a plug-in's code.

    Of a trial of adaptation they are those of the model that it starts from, also where that was trained elsewhere.
    """
    settings = record.trial.settings
    assert isinstance(settings, TrainingSettings)
    own = {key: getattr(settings, key) for key in RUN_SETTINGS}
    own.pop("threads" if settings.by_onednn else "matmul")  # it changes nothing, or is as ever
    before = settings.trained_elsewhere if isinstance(settings, AdaptationSettings) else {}
    trained = {f"trained_{key}": value for key, value in before.items()}
    code = {"plugin code": settings.plugin["code"]} if settings.plugin else {}
    return {**own, **trained, **code, **settings.hyperparameters}


def with_variants(runs: pd.DataFrame, alike: Sequence[str]) -> pd.DataFrame:
    """Fills in `variant`: the settings of each run that are not the default, e.g. "iterations=60, replay_share=0.5".

    The default of a setting is the method's for the task. There are two exceptions:

    - A setting that a budget decides: the value that most runs of all methods of the setup have, among those that
      runs of this method have. So where one method ran longer too, its name alone is of the others' length.
    - What is no setting of the method, or is missing in older runs: the method's default where a comparable run has
      it, otherwise the most frequent value.

    Args:
        runs: one row a run, with unique labels, its `settings` and its `seed`.
        alike: the columns in which comparable runs agree, the last of them the method.
    """
    for _, setup in runs.groupby(list(alike[:-1])):
        of_setup = list(setup["settings"])
        for method, group in setup.groupby(alike[-1]):
            settings = list(group["settings"])
            keys = dict.fromkeys(key for each in settings for key in each)
            task = str(setup["task"].iloc[0])
            defaults = {key: _default(str(method), task, key, settings, of_setup) for key in keys}
            own = [key for key in keys if key not in RUN_SETTINGS]
            runs.loc[group.index, "variant"] = [_named(each, own, defaults) for each in settings]
            for _, row in runs.loc[group.index].groupby([*({"joint_range_deg"} & set(runs)), "variant"]):
                if row["seed"].duplicated().any():
                    of_row = list(row["settings"])
                    usual = {key: _default(str(method), task, key, of_row, of_setup) for key in RUN_SETTINGS}
                    runs.loc[row.index, "variant"] = [_named(each, keys, {**defaults, **usual}) for each in of_row]
    return runs


def _named(settings: dict[str, Any], keys: Iterable[str], defaults: dict[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key in keys if (value := _plain(settings.get(key))) != defaults[key])


def besides_budget(variant: str) -> str:
    """A variant without what budgets decide."""
    parts = variant.split(", ") if variant else []
    return ", ".join(part for part in parts if part.partition("=")[0] not in DECIDED_BY_BUDGETS)


def _default(method: str, task: str, key: str, alike: Sequence[dict[str, Any]], setup: Sequence[dict[str, Any]]) -> str:
    """The value of a setting that needs no mention, among runs of a method and all runs of their setup."""
    of_method = {}
    if cls := method_class(method):
        of_task = cls.of_task.get(task.partition(":")[0], {})
        of_method = {field.name: _plain(of_task.get(field.name, field.default)) for field in fields(cls)}
    default = of_method.get(key, _plain(None))
    given = [_plain(each.get(key)) for each in alike]
    if key == "plugin code" and (code := _installed_code(method)) in given:
        return code
    if key in DECIDED_BY_BUDGETS:
        of_setup = [_plain(each.get(key)) for each in setup]
        return max(given, key=lambda value: (of_setup.count(value), value == default))
    if (key in of_method and _plain(None) not in given) or default in given:
        return default
    return max(given, key=given.count)


def _installed_code(method: str) -> str:
    """The hash of a plug-in's installed code; empty for our methods and for plug-ins that are not installed."""
    try:
        return (registry.code_of(method) or {}).get("code", "")
    except UnknownName:
        return ""


def _plain(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)

"""The kind of target that an arm must reach, one file a task.

To add one, write its file and its line here. Names map to strings, so that they are known at once.
"""

import typing
from dataclasses import fields, is_dataclass, replace
from importlib import import_module

from emssl_bench.exceptions import InvalidValue, UnknownName
from emssl_bench.setting_types import from_text
from emssl_bench.tasks.base import Task
from emssl_bench.tasks.position import POSITION

TASKS = {"position": "emssl_bench.tasks.position:POSITION", "pose": "emssl_bench.tasks.pose:POSE"}

__all__ = ["POSITION", "TASKS", "Task", "task"]


def task(text: str) -> Task:
    """The task of a name, which settings may follow: "pose", or "pose:features=quaternion,metres_a_radian=0.2".

    Raises:
        UnknownName: there is no such task, or it has no such setting.
        InvalidValue: a setting cannot have that value.
    """
    name, colon, given = text.partition(":")
    if name not in TASKS:
        raise UnknownName("task", name, TASKS)
    module, _, attribute = TASKS[name].partition(":")
    found: Task = getattr(import_module(module), attribute)
    return _with_settings(found, given) if colon else found


def _with_settings(of_task: Task, given: str) -> Task:
    types = typing.get_type_hints(type(of_task)) if is_dataclass(of_task) else {}
    known = [each.name for each in fields(of_task)] if is_dataclass(of_task) else []
    values = {}
    for part in given.split(","):
        key, equals, value = part.partition("=")
        if key not in known:
            raise UnknownName(f"setting of the task {of_task.name}", key, known)
        if not equals or key in values:
            raise InvalidValue(f"settings of a task are {of_task.name}:NAME=VALUE,NAME=VALUE, each once.")
        values[key] = from_text(f"{of_task.name}:{key}", value, types[key])
    assert is_dataclass(of_task)
    return replace(of_task, **values)

"""The kind of target that an arm must reach, one file a task.

To add one, write its file and its line here. Names map to strings, so that they are known at once.
"""

import importlib

from emssl_bench.exceptions import UnknownName
from emssl_bench.tasks.base import Task
from emssl_bench.tasks.position import POSITION

TASKS = {"position": "emssl_bench.tasks.position:POSITION", "pose": "emssl_bench.tasks.pose:POSE"}
NOT_LEARNED = ("pose",)
"""Those that numerical solvers solve, and methods do not learn yet."""

__all__ = ["NOT_LEARNED", "POSITION", "TASKS", "Task", "task"]


def task(name: str) -> Task:
    """The task of a name.

    Raises:
        UnknownName: there is none.
    """
    if name not in TASKS:
        raise UnknownName("task", name, TASKS)
    module, _, attribute = TASKS[name].partition(":")
    return getattr(importlib.import_module(module), attribute)

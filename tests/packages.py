"""Plug-ins made up for tests, as pip leaves them."""

import textwrap

HEAD = """
from dataclasses import dataclass
from typing import ClassVar
import numpy as np
from emssl_bench import Method, Progress, Solver, setting

class Resting(Solver):
    def solve(self, targets, samples=1):
        return np.zeros((len(targets), samples, 3))

@dataclass(frozen=True, kw_only=True)
class Mine(Method):
    '''Mine: all joints at rest.'''
    title: ClassVar[str] = "At rest"
    amount: int = setting(1, "of nothing", least=1)
    word: str = setting("calm", "said")
    @property
    def units(self):
        return 2
"""
LEARN = "def learn(self, problem):"
SOUND = f"{HEAD}    {LEARN}\n        yield Progress(Resting(), {{'gradient_steps': np.int64(0)}}, np.float32(0))\n"


def package(folder, name, code, entry=None, method="mine"):
    """A package as pip leaves it: one module, and the metadata that offers its class Mine."""
    (folder / f"{name}.py").write_text(code)
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[emssl_bench.methods]\n{entry or f'{method} = {name}:Mine'}\n")


def learning(body):
    """The code of a method whose `learn` has that body."""
    return f"{HEAD}    {LEARN}\n{textwrap.indent(textwrap.dedent(body), ' ' * 8)}\n"

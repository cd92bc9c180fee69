"""The solvers that are compared, ours and those of other packages, a file for each package.

To add one, write its file and its line here.
"""

import importlib

from emssl_bench.exceptions import UnknownName
from emssl_bench.solvers.contenders.base import Contender

CONTENDERS = {
    "table": "emssl_bench.solvers.contenders.own:FromTable",
    "random": "emssl_bench.solvers.contenders.own:FromRandom",
}


def contender(name: str) -> type[Contender]:
    """The class of a contender.

    Raises:
        UnknownName: there is none of that name.
    """
    if name not in CONTENDERS:
        raise UnknownName("solver", name, CONTENDERS)
    module, _, attribute = CONTENDERS[name].partition(":")
    return getattr(importlib.import_module(module), attribute)

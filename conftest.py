"""The check of the shapes in signatures, in all packages, while tests and doctests run.

It is installed here because the hook sees only what is imported after it: pytest reads this file before
`tests/conftest.py`, and before it imports modules for their doctests. Processes that tests start run without it, and
so do timings: JAXTYPING_DISABLE=1 leaves everything as users have it.
"""

from jaxtyping import config, install_import_hook

import tests.typechecked  # noqa: F401  (named in the hook)

if not config.jaxtyping_disable:
    install_import_hook(["emssl_bench", "baselines", "robots"], "tests.typechecked.checker")

"""Imports matplotlib whatever MPLBACKEND says: pictures are drawn into files, and it refuses a name that it does not
know."""

import os

_asked_for = os.environ.pop("MPLBACKEND", None)
try:
    import matplotlib  # noqa: F401
finally:
    if _asked_for is not None:
        os.environ["MPLBACKEND"] = _asked_for

"""Method settings that have had other names: old records and old command lines still use those."""

from collections.abc import Mapping

_OF_EVERY_NETWORK = {"output_spread": "init_output_std", "output_offset": "init_output_offset"}
_OF_OURS = {"replay": "replay_share", "robust_scale": "cauchy_scale", "samplings": "samplings_per_iteration"}

RENAMED: Mapping[str, str] = {**_OF_EVERY_NETWORK, **_OF_OURS}
"""New names by old ones."""


def renamed(settings: Mapping[str, object], plugin: bool) -> dict[str, object]:
    """Settings under their new names. A plug-in may have settings of its own under the old names of ours."""
    names = _OF_EVERY_NETWORK if plugin else RENAMED
    return {names.get(name, name): value for name, value in settings.items()}


def as_before(settings: Mapping[str, object], plugin: bool) -> dict[str, object]:
    """Settings under their oldest names, which digests of trials are made of."""
    names = {new: old for old, new in (_OF_EVERY_NETWORK if plugin else RENAMED).items()}
    return {names.get(name, name): value for name, value in settings.items()}

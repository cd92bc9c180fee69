"""What has changed about the settings of methods: names, and settings that came later.

Old records and old command lines still use the old names, and records from before a setting stand for one of its
values. Digests of trials use the first names, and leave later settings out where they have that value.
"""

from collections.abc import Mapping
from typing import Any

_OF_EVERY_NETWORK = {"output_spread": "init_output_std", "output_offset": "init_output_offset"}
_OF_OURS = {"replay": "replay_share", "robust_scale": "cauchy_scale", "samplings": "samplings_per_iteration"}

RENAMED: Mapping[str, str] = {**_OF_EVERY_NETWORK, **_OF_OURS}
"""New names by old ones."""
LATER: Mapping[str, Mapping[str, Any]] = {
    "direct": {"cauchy_scale": 0.0},
    "emssl-plus": {"components": 1, "exponent": 3.0, "corrections": 0, "candidates": 1},
    "inverted-forward": {"candidates": 1},
    "cemssl": {"flow_learning_rate": 0.008},
}
"""By method, settings that its first records lack, with the values that these records stand for."""


def renamed(settings: Mapping[str, Any], plugin: bool) -> dict[str, Any]:
    """Settings under their new names. A plug-in may have settings of its own under the old names of ours."""
    names = _OF_EVERY_NETWORK if plugin else RENAMED
    return {names.get(name, name): value for name, value in settings.items()}


def as_before(settings: Mapping[str, Any], method: str, plugin: bool) -> dict[str, Any]:
    """The settings that the method's digests are made of: under their first names, without what came later."""
    names = {new: old for old, new in (_OF_EVERY_NETWORK if plugin else RENAMED).items()}
    later = {} if plugin else LATER.get(method, {})
    return {
        names.get(name, name): value for name, value in settings.items() if name not in later or value != later[name]
    }


def completed(settings: Mapping[str, Any], method: str) -> dict[str, Any]:
    """Settings of one of our methods, with those that came after they were written."""
    return {**settings, **{name: value for name, value in LATER.get(method, {}).items() if name not in settings}}

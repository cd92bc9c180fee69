"""What may be given to environments: options, modes and counts, each checked, with what would be right."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode

from emssl_bench.exceptions import InvalidValue, UnknownName

RENDER_MODES = ["rgb_array"]
RENDER_FPS = 4


def checked_options(options: Mapping[str, Any] | None, valid: tuple[str, ...]) -> Mapping[str, Any]:
    """Raises:
    UnknownName: an option that `reset` does not know, so that a misspelt one is not passed over.
    """
    for name in options or {}:
        if name not in valid:
            raise UnknownName("reset option", str(name), valid)
    return options or {}


def checked_render_mode(render_mode: str | None) -> str | None:
    """Raises:
    InvalidValue: no such render mode.
    """
    if render_mode is not None and render_mode not in RENDER_MODES:
        raise InvalidValue(f"unknown render mode {render_mode!r}: {', '.join(RENDER_MODES)} or None.")
    return render_mode


def checked_autoreset_mode(mode: AutoresetMode | str) -> AutoresetMode:
    """Raises:
    InvalidValue: no such mode.
    """
    try:
        return AutoresetMode(mode)
    except ValueError:
        valid = ", ".join(each.value for each in AutoresetMode)
        raise InvalidValue(f"unknown autoreset mode {mode!r}: {valid}.") from None


def checked_count(num_envs: int) -> int:
    """Raises:
    InvalidValue: no number of arms.
    """
    if not isinstance(num_envs, (int, np.integer)) or num_envs < 1:
        raise InvalidValue(f"a vector environment has a whole number of arms, at least 1, not {num_envs!r}.")
    return int(num_envs)


def checked_most_steps(max_episode_steps: int | None) -> int | None:
    """Raises:
    InvalidValue: no number of steps, nor None.
    """
    if max_episode_steps is None:
        return None
    if not isinstance(max_episode_steps, (int, np.integer)) or isinstance(max_episode_steps, bool):
        raise InvalidValue(f"max_episode_steps is a whole number of steps, not {max_episode_steps!r}.")
    if max_episode_steps < 1:
        raise InvalidValue(f"an episode has at least 1 step, not max_episode_steps={max_episode_steps}.")
    return max_episode_steps

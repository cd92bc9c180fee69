"""A grid on the floor and a sky behind it, which show the depth of a picture."""

from dataclasses import dataclass

import numpy as np

_LINE_COLOUR = np.array([184, 191, 204])
_SKY_COLOUR, _HAZE_COLOUR = np.array([226, 233, 242]), np.array([250, 251, 253])
_CELLS = 8


@dataclass(frozen=True)
class Floor:
    """The plane z = 0 as one camera sees it, computed once: lines only, since many arms reach below it.

    The software renderer takes twenty times as long for the same lines as thin boxes.
    """

    lines: np.ndarray
    """(size, size) of bool, the pixels on a line."""
    depths: np.ndarray
    """(size, size), the floor's depth in OpenGL's window coordinates, as PyBullet's depth image has it."""
    backdrop: np.ndarray
    """(size, size, 3), what is seen where there is no arm."""

    @classmethod
    def seen(cls, view: list[float], projection: list[float], centre, half_width_m: float, size: int) -> "Floor":
        """The floor of a picture.

        Args:
            view: PyBullet's view matrix, 16 numbers.
            projection: PyBullet's projection matrix, 16 numbers.
            centre: the middle of the grid (x, y, ...) [m].
            half_width_m: from the middle of the grid to its edges [m].
            size: width and height of the picture [px].
        """
        world_to_clip = (np.reshape(view, (4, 4)) @ np.reshape(projection, (4, 4))).T  # theirs are column by column
        clip_to_world = np.linalg.inv(world_to_clip)
        x = (np.arange(size) + 0.5) / size * 2 - 1
        near, far = (_unprojected(clip_to_world, x[None, :], -x[:, None], z) for z in (-1.0, 1.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            along = near[..., 2] / (near[..., 2] - far[..., 2])
        hit = near + along[..., None] * (far - near)
        clip = hit @ world_to_clip[2:, :3].T + world_to_clip[2:, 3]

        cells = (hit[..., :2] - np.asarray(centre)[:2]) / half_width_m * (_CELLS / 2)
        half_line = 0.01
        on_line = np.abs(cells - cells.round()).min(axis=-1) < half_line
        in_grid = (np.abs(cells) < _CELLS / 2 + half_line).all(axis=-1)
        lines = on_line & in_grid & (along > 0) & (along < 1)
        depths = clip[..., 0] / clip[..., 1] / 2 + 0.5
        sky = _SKY_COLOUR + np.linspace(0, 1, size)[:, None, None] * (_HAZE_COLOUR - _SKY_COLOUR)
        return cls(lines, depths, np.where(lines[..., None], _LINE_COLOUR, sky))

    def behind(self, colours: np.ndarray, depths: np.ndarray, empty: np.ndarray) -> np.ndarray:
        """Colours (size, size, 3) of a picture laid over the floor; lines cover what is below them."""
        floor_seen = empty | (self.lines & (self.depths < depths))
        return np.where(floor_seen[..., None], self.backdrop, colours)


def _unprojected(clip_to_world: np.ndarray, x: np.ndarray, y: np.ndarray, z: float) -> np.ndarray:
    """World positions (size, size, 3) [m] of normalised device coordinates."""
    x, y = np.broadcast_arrays(x, y)
    clip = np.stack([x, y, np.full_like(x, z), np.ones_like(x)], axis=-1)
    world = clip @ clip_to_world.T
    return world[..., :3] / world[..., 3:]

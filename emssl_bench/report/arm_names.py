"""What arms are called in tables and figures."""

import pandas as pd


def labels(frame: pd.DataFrame) -> list[str]:
    """The arm of every row, with its digest where several arms of the frame have its name."""
    several = frame.groupby("robot")["robot_digest"].transform("nunique") > 1
    return [
        f"{robot} ({digest})" if told_apart else robot
        for robot, digest, told_apart in zip(frame["robot"], frame["robot_digest"], several, strict=True)
    ]

"""Commands as a user gives them, run in the process of the tests."""

import robots
from emssl_bench import cli
from robots import urdf


def run(capsys, *arguments):
    """Exit code, standard output and standard error of a command."""
    try:
        code = cli.main(arguments)
    except SystemExit as end:
        code = end.code
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def arm_file(folder):
    """The URDF file of a small arm, written into a folder."""
    path = folder / "arm.urdf"
    path.write_text(urdf.kinematics_only(robots.load("planar3")))
    return path

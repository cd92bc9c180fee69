"""The command `robots`: the arms are listed."""

import argparse

from emssl_bench.exceptions import MissingDependency

HELP = "list the arms"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(options: argparse.Namespace) -> int:
    """Prints the name, joints, reach and source of every arm."""
    import robots

    print(f"{'name':10}{'joints':>7}{'reach':>9}  source")
    for name in robots.available():
        try:
            spec = robots.load(name)
        except MissingDependency as error:
            print(f"{name:10}{'':16}  {error}")
            continue
        print(f"{name:10}{spec.dof:>7}{spec.reach_m:>7.2f} m  {spec.source}")
    return 0

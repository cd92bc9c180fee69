"""The command `methods`: the methods are listed, or one's settings."""

import argparse

HELP = "list the methods, or one's settings"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", help="a method whose settings to show")


def run(options: argparse.Namespace) -> int:
    """Prints the methods with their summaries, or the settings of one."""
    from emssl_bench.methods import registry

    if options.name is not None:
        print(f"{options.name:10} {_summary(registry.method_class(options.name))}")
        for key, kind, default, meaning in registry.described(options.name):
            print(f"  --set {options.name}.{key}=...  [{kind}; default {default}]\n      {meaning}")
        return 0
    usable, left_out = registry.usable()
    for name in usable:
        print(f"{name:16} {_summary(registry.method_class(name))}")
    for complaint in left_out:
        print(complaint)
    return 0


def _summary(method: type) -> str:
    return ((method.__doc__ or "").strip().splitlines() or [""])[0]

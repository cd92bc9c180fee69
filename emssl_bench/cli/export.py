"""The command `export`: a trained network for programs without this package."""

import argparse

from emssl_bench.cli.argument_types import path
from emssl_bench.exceptions import InvalidValue, one_line

HELP = "write a trained network as ONNX, or as arrays for NumPy"
KINDS = ("onnx", "npz")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "docs/export.md says what the files hold and how they are used."
    parser.add_argument(
        "--model", type=path, required=True, metavar="FILE", help="the .safetensors file of a trained network"
    )
    parser.add_argument("--to", choices=KINDS, required=True, help="ONNX, or arrays that NumPy evaluates")
    parser.add_argument("--out", type=path, metavar="FILE", help="the file (default: beside the model)")


def run(options: argparse.Namespace) -> int:
    """Writes the file, once it is known to compute what the model does."""
    out = options.out or options.model.with_suffix(f".{options.to}")
    if out.suffix.lower() != f".{options.to}":
        raise InvalidValue(f"--out {out}: the file must end in .{options.to}.")
    if out.is_dir():
        raise InvalidValue(f"--out {out}: it is a folder.")
    from emssl_bench.records import export, trained
    from emssl_bench.system.files import check_writable, write_atomically

    model = trained.load(options.model)
    check_writable(out.parent)
    content = {"onnx": export.as_onnx, "npz": export.as_npz}[options.to](model)
    write_atomically(out, content)
    print(one_line(f"Model: {repr(model)[1:-1]}"))
    within = f"within {export.largest_difference(model):g} of the model"
    print(f"Written: {one_line(str(out))}, {len(content) / 1e6:.1f} MB, {within}")
    return 0

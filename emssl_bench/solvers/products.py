"""Which library computes the matrix products of networks: the one that torch takes, or oneDNN.

On some AMD processors with AVX-512 torch's own choice, MKL, takes a slow path, and oneDNN is about 1.4 times as fast.
Torch goes to oneDNN for products of float32 only where it may round their operands to bfloat16: that is what the
setting `fp32_precision = "bf16"` allows. It allows and does not order it. oneDNN rounds where the processor has
instructions for bfloat16; capped at AVX512_CORE, an instruction set that has none, it computes in float32. So the
setting that is named after bfloat16 gives float32 here, with oneDNN's kernels. `error_of_products` finds out: bfloat16
would be a thousand times less exact, and a trial does not begin with it.

The weights of a training by this route are the same for any number of threads, which MKL's are not.
"""

import json
import os
import subprocess
import sys
import time
from itertools import pairwise
from typing import Literal

import torch

from emssl_bench.exceptions import MissingDependency
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.solvers.environment import ENVIRONMENT
from emssl_bench.solvers.network import HIDDEN_WIDTHS

Route = Literal["onednn", "default"]

EXACT = 2e-6
"""Error of a product in float32, relative to its largest element; bfloat16's is about 1e-2."""
FASTER = 1.25
"""So many times as fast oneDNN must be for "auto" to take it. On AMD processors of the kind Zen 4 it is 1.11 to 1.15
times as fast: with a bound near that, the choice would change from run to run."""
_BATCH = 128


def use(route: Route) -> None:
    """Has this process compute products of float32 on the CPU by this route from now on.

    Raises:
        MissingDependency: oneDNN's float32 cannot be had: the processor has no AVX-512, `ENVIRONMENT` was set too
            late, or this version of torch means something else by the setting.
    """
    if route == "onednn":
        require_available()
    _take(route)
    if route == "onednn" and error_of_products() > EXACT:
        _take("default")
        raise MissingDependency("by oneDNN, products are not those of float32 here: use --matmul default.")


def require_available() -> None:
    """
    Raises:
        MissingDependency: the processor has no AVX-512, or torch no oneDNN.
    """
    if not available():
        raise MissingDependency("--matmul onednn needs a processor with AVX-512, and torch with oneDNN: use default.")


def available() -> bool:
    """Whether torch would go to oneDNN at all."""
    with_switch = hasattr(torch.backends.mkldnn, "matmul")  # since torch 2.9
    return with_switch and torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()


def _take(route: Route) -> None:
    if switch := getattr(torch.backends.mkldnn, "matmul", None):
        switch.fp32_precision = "bf16" if route == "onednn" else "none"


@ordinary_numerics()
def error_of_products() -> float:
    """How far products of the network's own shapes are from those in float64, relative to their largest element."""
    worst = 0.0
    for rows, weight in _operands():
        exact = rows.double() @ weight.double().T
        worst = max(worst, float(((rows @ weight.T).double() - exact).abs().max() / exact.abs().max()))
    return worst


def _operands() -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Activations and weights of the hidden layers, drawn at random, in float32."""
    generator = torch.Generator("cpu").manual_seed(0)
    return [
        (
            torch.randn(_BATCH, inputs, generator=generator, dtype=torch.float32, device="cpu"),
            torch.randn(outputs, inputs, generator=generator, dtype=torch.float32, device="cpu"),
        )
        for inputs, outputs in pairwise(HIDDEN_WIDTHS)
    ]


def chosen(requested: str, device: str) -> Route:
    """The route that "auto", "onednn" or "default" stands for on this machine.

    "auto" measures both in a process of its own, since this one may have used oneDNN without the cap.
    """
    if requested == "default" or device != "cpu":
        return "default"
    if requested == "onednn":
        return "onednn"
    if not available():
        return "default"
    code = "from emssl_bench.solvers import products; products.print_comparison()"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **ENVIRONMENT}, check=False
    )
    if found.returncode:
        return "default"
    measured = json.loads(found.stdout)
    return "onednn" if measured["error"] <= EXACT and measured["speed_up"] >= FASTER else "default"


def print_comparison() -> None:
    """Prints, as JSON, oneDNN's `error`, and its `speed_up` over the default route."""
    torch.set_num_threads(1)
    seconds: dict[Route, list[float]] = {"default": [], "onednn": []}
    error = 0.0
    for _ in range(5):
        for route, taken in seconds.items():
            _take(route)
            taken.append(_cpu_seconds())
            error = max(error, error_of_products()) if route == "onednn" else error
    print(json.dumps({"error": error, "speed_up": min(seconds["default"]) / min(seconds["onednn"])}))


def _cpu_seconds() -> float:
    """CPU seconds that the products of some gradient steps take."""
    operands = _operands()
    start = time.process_time()
    for _ in range(20):
        for rows, weight in operands:
            outputs = torch.matmul(rows, weight.T)
            torch.matmul(outputs, weight)  # the gradient of the rows
            torch.matmul(outputs.T, rows)  # the gradient of the weights
    return time.process_time() - start

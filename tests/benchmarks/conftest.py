"""How benchmarks compute, and what pytest-benchmark's JSON keeps: no host's name, no thousands of single timings."""

import pytest
import torch


@pytest.fixture(autouse=True)
def as_in_a_trial():
    """Denormals are flushed to zero: Adam's moments have them after some steps already."""
    torch.set_flush_denormal(True)
    yield
    torch.set_flush_denormal(False)


def pytest_benchmark_update_machine_info(config, machine_info):
    machine_info.pop("node", None)


def pytest_benchmark_update_json(config, benchmarks, output_json):
    for benchmark in output_json["benchmarks"]:
        benchmark["stats"].pop("data", None)

"""What pytest-benchmark's JSON keeps: no host's name, and no thousands of single timings."""


def pytest_benchmark_update_machine_info(config, machine_info):
    machine_info.pop("node", None)


def pytest_benchmark_update_json(config, benchmarks, output_json):
    for benchmark in output_json["benchmarks"]:
        benchmark["stats"].pop("data", None)

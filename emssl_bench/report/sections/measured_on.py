"""The machines that measured, and the commits whose code ran."""

from collections import defaultdict
from collections.abc import Sequence

from emssl_bench.records import Record
from emssl_bench.report import machines
from emssl_bench.report.escaping import in_markdown
from emssl_bench.report.frames import ReportData
from emssl_bench.report.section import Bullets, Section


def section(data: ReportData) -> Section | None:
    """One line for every machine."""
    by_machine: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in data.records:
        if record.machine:
            by_machine[machines.name(record), machines.digest(record)].append(record)
    lines = [
        f"**{in_markdown(name)}**: {in_markdown(_described(ran))}" for (name, _), ran in sorted(by_machine.items())
    ]
    return Section("Measured on", [Bullets(lines)]) if lines else None


def _described(ran: Sequence[Record]) -> str:
    """A machine's hardware, versions, experiments, commits and load."""
    facts = machines.facts(ran[0])
    hardware = ", ".join(facts.pop(part) for part in ("cpu", "gpu", "cores", "memory", "system") if part in facts)
    versions = ", ".join(f"{name} {version}" for name, version in facts.items())
    experiments = ", ".join(sorted({record.trial.experiment for record in ran}))
    commits = sorted({record.commit for record in ran} - {""})
    code = f"commit{'s' if len(commits) > 1 else ''} {', '.join(commits)}"
    loads = sorted({record.machine["load before"] for record in ran if "load before" in record.machine})
    load = [f"load before sampling: {', '.join(loads)}"] if loads else []
    return "; ".join([hardware, versions, experiments, code, *load])

"""The figures: medians, paired ratios, one JSON object a line, and tables for people."""

import json
import math
import os
import platform
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from tests.bench.systems import System, Turn


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of the values does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def milliseconds(values: Sequence[float]) -> dict[str, float]:
    """Return p50, p95 and p99 of times in seconds, in milliseconds."""
    return {
        f"p{round(share * 100)}": round(1000 * percentile(values, share), 1)
        for share in (0.5, 0.95, 0.99)
    }


def paired_ratio(turns: Sequence[Turn], others: Sequence[Turn], field: str) -> float:
    """Return the median, over the rounds, of this system's figure to the other's in that round."""
    ratios: list[float] = [
        getattr(mine, field) / getattr(other, field)
        for mine, other in zip(turns, others, strict=True)
        if getattr(other, field)
    ]
    return statistics.median(ratios)


def summary(system: System, baseline: System | None) -> dict[str, Any]:
    """Return one system's figures as the line of var/bench.json."""
    turns = system.turns
    rates = [turn.rate for turn in turns]
    steps = [
        milliseconds([time for turn in turns for time in turn.step_times[step]])
        for step in range(len(turns[0].step_times))
    ]
    line: dict[str, Any] = {
        "figure": "sso",
        "system": system.name,
        "rounds": len(turns),
        "flows_per_second": round(statistics.median(rates), 1),
        "flows_per_second_range": [round(min(rates), 1), round(max(rates), 1)],
        "processor_ms_per_flow": round(statistics.median(turn.processor for turn in turns), 3),
        "database_share": round(statistics.median(turn.database_share for turn in turns), 3),
        "driver_cores": round(statistics.median(turn.driver_cores for turn in turns), 3),
        "flow_ms": milliseconds([time for turn in turns for time in turn.flow_times]),
        "step_ms": dict(zip(("authorize", "token", "userinfo"), steps, strict=False)),
        "failures": sum(len(turn.failures) for turn in turns),
        "verified": sum(turn.verified for turn in turns),
    }
    if baseline is not None and baseline is not system:
        line["rate_to_peer"] = round(paired_ratio(turns, baseline.turns, "rate"), 2)
        line["processor_to_peer"] = round(paired_ratio(turns, baseline.turns, "processor"), 2)
    return line


class Report:
    """Writes var/bench.json as the figures come, and speaks to the person who waits."""

    def __init__(self, path: Path, out: TextIO) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", encoding="utf-8")
        self._out = out

    def say(self, text: str) -> None:
        """Print one line of progress or of a table, at once."""
        print(text, file=self._out, flush=True)

    def line(self, figure: dict[str, Any]) -> None:
        """Write one figure as one JSON object on one line."""
        self._file.write(json.dumps(figure) + "\n")
        self._file.flush()

    def close(self) -> None:
        """End the file."""
        self._file.close()

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Print a table: the first column to the left, the figures to the right."""
        cells = [[str(cell) for cell in row] for row in [heads, *rows]]
        widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
        self.say("")
        for row in cells:
            first, *rest = (
                cell.ljust(width) if column == 0 else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            self.say("  ".join([first, *rest]))
        self.say("")


def machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory_kib = int(Path("/proc/meminfo").read_text(encoding="utf-8").split()[1])
    return {
        "figure": "machine",
        "processor": model,
        "cores": os.cpu_count(),
        "memory_gib": round(memory_kib / 1024 / 1024, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
    }

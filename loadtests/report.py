"""The report of a run: a text table, a CSV file and a plot of latencies on both sides."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from locust.stats import RequestStats

from loadtests.server_metrics import Histogram

QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
SIDES = ("client", "server")
COLUMNS = (
    *("variant", "requests", "served"),
    *(f"{side}_{name}_ms" for side in SIDES for name in QUANTILES),
)

Row = dict[str, Any]
"""`COLUMNS` -> value. `requests` are responses that clients got, `served` those the server sent."""


def rows(stats: RequestStats, histograms: Mapping[str, Histogram]) -> list[Row]:
    """One row for each variant that classified, in the order of their names."""
    return [
        _row(entry, histograms[entry.name])
        for entry in sorted(stats.entries.values(), key=lambda entry: str(entry.name))
        if entry.name in histograms
    ]


def write(found: Sequence[Row], folder: Path) -> None:
    """Write `summary.csv`, and `latency.png` if there are rows."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "summary.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(found)
    if found:
        plot(found, folder / "latency.png")


def text_table(found: Sequence[Row]) -> list[str]:
    """The lines of a table in milliseconds: clients' latencies, then the server's."""
    names = "".join(f"{name:>9}" for name in QUANTILES)
    width = 9 * len(QUANTILES)
    lines = [
        f"{'':<16}{'':>10}{'client, ms':>{width}}   {'server, ms':>{width}}",
        f"{'variant':<16}{'responses':>10}{names}   {names}",
    ]
    for row in found:
        client, server = (
            "".join(f"{row[f'{side}_{name}_ms']:>9.{digits}f}" for name in QUANTILES)
            for side, digits in zip(SIDES, (1, 2), strict=True)
        )
        lines.append(f"{row['variant']:<16}{row['requests']:>10,}{client}   {server}")
    return lines


def discrepancies(found: Sequence[Row]) -> list[str]:
    """One line for each variant that the two sides counted differently."""
    return [
        f"{row['variant']}: clients counted {row['requests']:,} responses, the server"
        f" {row['served']:,.0f}; other clients sent requests, or the run"
        " ended before a response arrived"
        for row in found
        if row["requests"] != row["served"]
    ]


def plot(found: Sequence[Row], path: Path) -> None:
    """Draw the latency quantiles of each variant, the clients' above the server's."""
    from matplotlib.figure import Figure  # noqa: PLC0415  # takes seconds to import
    from matplotlib.ticker import LogLocator  # noqa: PLC0415

    figure = Figure(figsize=(8, 1.4 + 0.55 * len(found)), layout="constrained")
    axes = figure.subplots()
    positions = range(len(found))
    for side, offset, colour in zip(SIDES, (-0.14, 0.14), ("C0", "C1"), strict=True):
        lines = [position + offset for position in positions]
        columns = {name: [row[f"{side}_{name}_ms"] for row in found] for name in QUANTILES}
        axes.hlines(lines, columns["p50"], columns["p99"], color=colour, linewidth=1)
        for (name, latencies), marker in zip(columns.items(), "|osD", strict=True):
            axes.plot(latencies, lines, marker, color=colour, label=f"{side} {name}")
    axes.set_yticks(positions, [row["variant"] for row in found])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("")
    axes.set_xlabel("latency in milliseconds")
    figure.legend(loc="outside upper center", ncols=2 * len(SIDES), fontsize=8)
    figure.savefig(path, dpi=120, metadata={"Software": None})


def _row(entry: Any, histogram: Histogram) -> Row:
    """Both sides of one variant. The server's latency ends before the response travels."""
    client = {
        f"client_{name}_ms": float(entry.get_response_time_percentile(q) or 0)
        for name, q in QUANTILES.items()
    }
    server = {
        f"server_{name}_ms": round(histogram.quantile_ms(q) or 0, 3)
        for name, q in QUANTILES.items()
    }
    return {
        "variant": entry.name,
        "requests": entry.num_requests - entry.num_failures,
        "served": histogram.requests,
        **client,
        **server,
    }

"""What a run leaves behind: a table, a CSV and a picture of both sides' latencies."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from locust.stats import RequestStats

from loadtests.server_metrics import Histogram

QUANTILES = (0.5, 0.9, 0.95, 0.99)
FIELDS = (
    "variant",
    "requests",
    "served",
    *(f"{who}_p{q * 100:g}_ms" for who in ("client", "server") for q in QUANTILES),
)


def write(stats: RequestStats, served: Mapping[str, Histogram], folder: Path | None) -> list[str]:
    """Write the files, where a folder is given, and give the table as lines."""
    rows = [row(entry, served[entry.name]) for entry in entries(stats) if entry.name in served]
    lines = table(rows)
    strangers = [r for r in rows if r["requests"] != r["served"]]
    lines += [
        f"{r['variant']}: clients counted {r['requests']:,} answers, the server {r['served']:,.0f};"
        " somebody else asks it, too, or answers were lost on the way"
        for r in strangers
    ]
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "summary.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, FIELDS)
            writer.writeheader()
            writer.writerows(rows)
        if rows:
            plot(rows, folder / "latency.png")
    return lines


def entries(stats: RequestStats) -> list[Any]:
    """Locust's entries, by name."""
    return sorted(stats.entries.values(), key=lambda entry: str(entry.name))


def row(entry: Any, histogram: Histogram) -> dict[str, Any]:
    """One variant on both sides. The server's times end before the answer travels."""
    client = {
        f"client_p{q * 100:g}_ms": float(entry.get_response_time_percentile(q) or 0)
        for q in QUANTILES
    }
    server = {f"server_p{q * 100:g}_ms": round(histogram.quantile_ms(q) or 0, 3) for q in QUANTILES}
    return {
        "variant": entry.name,
        "requests": entry.num_requests - entry.num_failures,
        "served": histogram.requests,
        **client,
        **server,
    }


def table(rows: list[dict[str, Any]]) -> list[str]:
    """Milliseconds, clients' and then the server's."""
    head = f"{'variant':<16}{'answers':>9}" + "".join(f"{f'p{q * 100:g}':>8}" for q in QUANTILES)
    lines = [f"{head}   the server's own:" + "".join(f"{f'p{q * 100:g}':>8}" for q in QUANTILES)]
    for r in rows:
        client = "".join(f"{r[f'client_p{q * 100:g}_ms']:>8.1f}" for q in QUANTILES)
        server = "".join(f"{r[f'server_p{q * 100:g}_ms']:>8.2f}" for q in QUANTILES)
        lines.append(f"{r['variant']:<16}{r['requests']:>9,}{client}{'':>20}{server}")
    return lines


def plot(rows: list[dict[str, Any]], path: Path) -> None:
    """Latency quantiles of each variant: clients' filled, the server's hollow."""
    from matplotlib.figure import Figure  # noqa: PLC0415  # seconds to import

    figure = Figure(figsize=(9, 1.2 + 0.6 * len(rows)), layout="constrained")
    axes = figure.subplots()
    for place, r in enumerate(rows):
        for shade, q in zip((0.3, 0.55, 0.75, 1.0), QUANTILES, strict=True):
            client, server = r[f"client_p{q * 100:g}_ms"], r[f"server_p{q * 100:g}_ms"]
            first = place == 0
            axes.plot(
                client,
                place + 0.12,
                "o",
                color="C0",
                alpha=shade,
                label=f"clients p{q * 100:g}" if first else None,
            )
            axes.plot(
                server,
                place - 0.12,
                "o",
                color="C1",
                alpha=shade,
                fillstyle="none",
                label=f"server p{q * 100:g}" if first else None,
            )
    axes.set_yticks(range(len(rows)), [r["variant"] for r in rows])
    axes.set_xscale("log")
    axes.set_xlabel("milliseconds")
    axes.legend(ncols=2, fontsize=7)
    figure.savefig(path, dpi=120, metadata={"Software": None})

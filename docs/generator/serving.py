"""Blocks about the service: throughput, overload, memory over time, image."""

from collections.abc import Mapping
from typing import Any

from formatting import paragraph, table

Data = Mapping[str, Any]

SIDES = {
    "edgemood": "edgemood",
    "starlette": "the same work in a bare Starlette endpoint",
    "bentoml": "the same work on BentoML's default path",
    "bentoml, uvloop": "the same with uvloop and httptools installed",
}


def headline(measured: Data) -> str:
    """One worker's rate, in one sentence."""
    few = measured["by_connections"]["16"]["edgemood"]
    return paragraph(
        f"One worker answers {few['requests_per_s']:,.0f} requests a second on one core of an"
        f" {measured['conditions']['cpu']}: {few['rate_beside_starlette']:.2f} times a bare"
        f" Starlette endpoint that does the same work, and {few['rate_beside_bentoml']:.1f} times"
        " the same service on BentoML's default path."
    )


def throughput(measured: Data) -> str:
    """Rates and latencies with few and with many connections."""
    conditions, by_connections = measured["conditions"], measured["by_connections"]
    rows = [
        [
            connections,
            what,
            f"{found[side]['requests_per_s']:,.0f}",
            f"{found[side]['p50_ms']:.1f} ms",
            f"{found[side]['p99_ms']:.1f} ms",
        ]
        for connections, found in by_connections.items()
        for side, what in SIDES.items()
    ]
    caption = paragraph(
        f"Requests to `POST /classify` with one text of {conditions['text_characters']} characters"
        f" and the variant {conditions['variant']}, one worker on one core of an"
        f" {conditions['cpu']}:"
    )
    header = [">connections", "server", ">requests/s", ">p50", ">p99"]
    return f"{caption}\n\n{table(header, rows)}"


def soak(measured: Data) -> str:
    """Half an hour of full load."""
    side = "above" if measured["growth"] > 0 else "below"
    return paragraph(
        f"{measured['conditions']['minutes']} minutes of full load: {measured['requests']:,}"
        f" requests, {measured['failed'] or 'none'} of which failed. At the end the worker's"
        f" resident memory was {abs(measured['growth']):.1%} {side} that after the"
        " first minute."
    )


def overload(measured: Data) -> str:
    """The latency of accepted requests at ten times the load."""
    found = measured["caps"][-1]
    full, over, statuses = found["full"], found["over"], found["statuses"]
    assert found["orderly"]
    return paragraph(
        f"Overload: with {found['cap']} requests held at once and ten times as many callers, each"
        f" request gets 200 or 429 ({statuses['200']:,} and {statuses['429']:,} of them). The p99"
        f" of accepted requests is {over['p99_ms']:.0f} ms, {over['p99_ms'] / full['p99_ms']:.1f}"
        " times that at full load without refusals."
    )


def attacks(measured: Data) -> str:
    """What another caller notices of attacks."""
    rows, conditions = measured["attacks"].values(), measured["conditions"]
    slowest = max(row[kind]["p99_ms"] for row in rows for kind in ("livez", "classify"))
    calls = sum(row[kind]["calls"] for row in rows for kind in ("livez", "classify"))
    peak = max(row["rss_peak"] for row in rows)
    assert all(row["alive"] for row in rows)
    return paragraph(
        f"In the last run, a service with {measured['memory_mib']} MiB of memory was attacked in"
        f" {len(rows)} ways, {conditions['seconds']:g} s each. It was never killed, and took at"
        f" most {_mb(peak)}. Another caller made {calls:,} small calls meanwhile; in the worst"
        f" attack, their p99 was {slowest:.0f} ms."
    )


def footprint(measured: Data) -> str:
    """Image, start and memory."""
    image = measured["sides"]["edgemood, from its image"]
    bare = measured["sides"]["bare Starlette"]["processes"]["worker"]["rss"]
    one, _, copies, different = (found["rss"] for found in measured["by_variants"].values())
    rows = [
        ["image", measured["image"]["size"]],
        ["time until ready", f"{image['ready_s']:.2f} s"],
        ["worker with all shipped variants, resident", _mb(image["processes"]["worker"]["rss"])],
        *_supervisor(image["processes"]),
        ["for comparison: bare Starlette worker with one variant", _mb(bare)],
        ["100 copies of `apot-kd`, compared with one", f"+{_mb(copies - one)}"],
        ["100 different files of its size, compared with one", f"+{_mb(different - one)}"],
    ]
    return table(["", ">"], rows)


def _supervisor(processes: Data) -> list[list[str]]:
    """Its row; a server with one worker may have none."""
    found = processes.get("supervisor")
    return [["supervisor, resident", _mb(found["rss"])]] if found else []


def _mb(size: float) -> str:
    return f"{size / 1e6:.1f} MB"

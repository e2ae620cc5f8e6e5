"""Prints the result of an A/B split: `python -m service.experiment`.

Reads the service's metrics from one page of `/metrics`, which counts since the workers started, or
from a Prometheus server, over a span of time. Prints for each variant of the split its requests,
failures and latency, how often its shadow gave the same labels, and its macro-F1 on the texts with
feedback, with 95 % intervals and a comparison with the control.
"""

import argparse
import http.client
import json
import sys
import urllib.request
from dataclasses import asdict
from pathlib import Path

from edgemood.console import escape_output
from service.experiment.prometheus import ExperimentError, Metrics, from_prometheus, from_text
from service.experiment.report import build_report
from service.experiment.text import report_lines

_TIMEOUT_S = 10.0
_HTTP = ("http://", "https://")


def main(arguments: list[str] | None = None) -> int:
    """Print a report.

    Args:
        arguments: of the command line; None: those of this process.

    Returns:
        The exit status: 2 if there is nothing to report.
    """
    escape_output()
    options = _parser().parse_args(arguments)
    try:
        report = build_report(_metrics(options), control=options.control)
    except ExperimentError as error:
        print(f"experiment: {error}", file=sys.stderr)
        return 2
    print(json.dumps(asdict(report), indent=1) if options.json else "\n".join(report_lines(report)))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m service.experiment", description=(__doc__ or "").partition("\n\n")[2]
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--metrics", metavar="URL|FILE|-", help="one page of /metrics")
    source.add_argument("--prometheus", metavar="URL", help="a Prometheus server")
    parser.add_argument("--span", default="24h", help="with --prometheus: how far back (24h)")
    parser.add_argument("--control", help="compare with this variant (the largest share)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _metrics(options: argparse.Namespace) -> Metrics:
    if options.prometheus:
        return from_prometheus(options.prometheus, options.span, _fetch)
    return from_text(_read(options.metrics))


def _read(source: str) -> str:
    """The text of a URL, of a file or of standard input (`-`)."""
    try:
        if source.startswith(_HTTP):
            return _fetch(source).decode()
        return sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ExperimentError(f"{source}: {error}") from error


def _fetch(url: str) -> bytes:
    if not url.startswith(_HTTP):
        raise ExperimentError(f"{url}: give an http or https URL")
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as response:  # noqa: S310  # checked
            body: bytes = response.read()
            return body
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise ExperimentError(f"{url}: {error}") from error


if __name__ == "__main__":
    sys.exit(main())

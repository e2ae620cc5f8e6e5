"""Run a load test without Locust's web page, against a running service or one started for the test.

Locust itself runs as a process of its own, because it patches the standard library for gevent.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.harness.server import ROOT, ServerStartError, run_service
from loadtests.address import AddressError, read_page, service_url


def main() -> int:
    """Run Locust.

    Returns:
        Locust's exit code: 0 if the run kept all objectives.
    """
    options, locust_options = _parse_options()
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        with _host(options) as host:
            done = subprocess.run(
                locust_command(host, options, locust_options),
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                check=False,
            )
    except (AddressError, ServerStartError) as error:
        raise SystemExit(f"loadtests: {error}") from error
    print(f"{options.out} holds report.html, latency.png and the CSV files")
    return done.returncode


def locust_command(
    host: str, options: argparse.Namespace, locust_options: Sequence[str]
) -> list[str]:
    """The command that runs Locust.

    Args:
        host: URL of the service.
        options: `users`, `seconds` and `out`.
        locust_options: options that Locust understands itself.
    """
    out = options.out.resolve()
    return [
        *(sys.executable, "-m", "locust", "--locustfile", "loadtests/locustfile.py"),
        *("--headless", "--host", host, "--users", str(options.users)),
        *("--spawn-rate", str(options.users), "--run-time", f"{options.seconds}s"),
        *("--csv", str(out / "locust"), "--html", str(out / "report.html")),
        *("--results", str(out), "--only-summary", *locust_options),
    ]


def _parse_options() -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        prog="python -m loadtests",
        description=__doc__.splitlines()[0],
        epilog="Other options go to Locust, such as --arrivals, --rate and --objectives.",
    )
    server = parser.add_mutually_exclusive_group(required=True)
    server.add_argument("--host", help="URL of a running service, such as http://localhost:3000")
    server.add_argument(
        "--serve", metavar="PYTHON", help="interpreter with the service's packages; starts one"
    )
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--out", type=Path, default=Path("build/load"), help="folder for results")
    return parser.parse_known_args()


@contextmanager
def _host(options: argparse.Namespace) -> Iterator[str]:
    if options.serve is None:
        url = service_url(options.host)
        read_page(f"{url}/readyz")  # fails at once; Locust would report each request
        yield url
        return
    with run_service(options.out / "server", python=options.serve) as server:
        yield server.url


if __name__ == "__main__":
    sys.exit(main())

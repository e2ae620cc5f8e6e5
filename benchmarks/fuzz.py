"""Send thousands of generated requests, valid and invalid, and check them against the API document.

`make fuzz` runs it, in an environment that has schemathesis. Every check of schemathesis is on: no
5xx, no undocumented status, no response that violates its schema, no invalid request accepted, no
valid request rejected. Admin calls carry the token. The call that unloads a variant is left out,
because later requests to that variant then get a correct 503. In the document that schemathesis
reads, a policy may name the served variants only: the service's own fits every server.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.harness.server import ServerProcess, run_service

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
TOKEN = "token-of-this-run"
SETTINGS = """
[[operations]]
include-name = "POST /feedback"
# No generated receipt is one of the service.
checks.positive_data_acceptance.expected-statuses = ["2xx", "4xx", "503"]
"""


def main() -> int:
    """Start a service and run schemathesis against it.

    Returns:
        The exit code of schemathesis, or 1 if the service's log holds a traceback.
    """
    options = _parser().parse_args()
    environment = {"EMOTION_ADMIN_TOKEN": TOKEN}
    with tempfile.TemporaryDirectory(prefix="edgemood-fuzz-") as name:
        folder = Path(name)
        with run_service(folder, python=options.serve, environment=environment) as server:
            exit_code = _run_schemathesis(server, options, folder)
        log = server.log.read_text()
    if has_traceback(log):
        print(f"the server's log has a traceback:\n{log}", file=sys.stderr)
        return 1
    return exit_code


def has_traceback(log: str) -> bool:
    """Whether a server's log holds one, as plain text or as a field of JSON."""
    return "Traceback" in log or '"trace":' in log


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--serve", required=True, help="interpreter with the service's packages")
    parser.add_argument("--examples", type=int, default=100, help="most for each call and phase")
    parser.add_argument("--seed", type=int, default=1)
    return parser


def name_variants(document: dict[str, Any], names: Sequence[str]) -> None:
    """Let policies name only these variants, and require one of them to have a weight.

    Args:
        document: the API document, which is changed.
        names: of the served variants.
    """
    schemas = document["components"]["schemas"]
    name = {"type": "string", "enum": list(names)}
    update = schemas["RoutingUpdate"]["properties"]
    update["split"]["propertyNames"] = name
    update["split"]["anyOf"] = [
        {"required": [one], "properties": {one: {"exclusiveMinimum": 0}}} for one in names
    ]
    update["reference"] |= name
    schemas["ShadowSettings"]["properties"]["variant"] |= name


def _fetched(url: str) -> Any:
    with urllib.request.urlopen(url) as response:
        return json.load(response)


def _run_schemathesis(server: ServerProcess, options: argparse.Namespace, folder: Path) -> int:
    document = _fetched(f"{server.url}/docs.json")
    name_variants(document, [one["name"] for one in _fetched(f"{server.url}/variants")["variants"]])
    (folder / "docs.json").write_text(json.dumps(document))
    (folder / "schemathesis.toml").write_text(SETTINGS)
    done = subprocess.run(
        [
            *(str(SCHEMATHESIS), "run", "docs.json", "--url", server.url),
            *("--checks", "all", "--continue-on-failure", "--warnings", "off"),
            *("--exclude-path-regex", "/unload$"),
            *("--header", f"Authorization: Bearer {TOKEN}"),
            *("--max-examples", str(options.examples), "--seed", str(options.seed)),
        ],
        cwd=folder,
        check=False,
    )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())

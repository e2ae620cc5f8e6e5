"""Sends the requests of `recorded_responses.json` to real servers, in the order of the file.

The file maps stages to entries. An entry has a unique title in `about`, a `request` and the
recorded `response`. A request has `method`, `path`, `headers` as `Name: value`, and `body`:
null, or a list of parts. A part is a text, or `[text, n]` for the text n times. In a part,
`<receipt of TITLE>` stands for the receipt in the response to an earlier entry of the same server.
Texts are sent as UTF-8; a lone surrogate is a byte that is not UTF-8, as `surrogateescape` has it.
"""

import http.client
import json
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from service.assembly import WATCH_INTERVAL_S
from service.variants.watched_variant import WITHDRAW_AFTER_S
from tests.system.recorded.comparison import Response, normalise

RECORDED = Path(__file__).with_name("recorded_responses.json")
SHIPPED = Path(__file__).parents[3] / "variants"
ADMIN_TOKEN = "recorded admin token"
RECEIPT_KEY = "recorded receipt key"
METRICS = "/metrics"
"""BentoML answers it; of its successes only status and media type are recorded."""

Entry = dict[str, Any]
Part = str | tuple[str, int]
RunServer = Callable[..., Any]
Prepare = Callable[[Path], None]


@dataclass(frozen=True)
class ServerPlan:
    """One server of the replay."""

    name: str
    admin_token: str
    """Empty: admin calls are off."""
    stages: Mapping[str, Prepare]
    """Stage -> what happens to the server's files before its requests; the first, before the start.

    Each change is one atomic step: the server may look at its files at any time.
    """


def read_recorded() -> dict[str, list[Entry]]:
    recorded: dict[str, list[Entry]] = json.loads(RECORDED.read_text())
    return recorded


def write_recorded(stages: Mapping[str, list[Entry]]) -> None:
    RECORDED.write_text(json.dumps(stages, indent=1) + "\n")


def replay(
    stages: Mapping[str, list[Entry]], run_server: RunServer, folder: Path
) -> dict[str, Response]:
    """Send every request.

    Args:
        stages: as in the file.
        run_server: the fixture.
        folder: for variants, states and logs.

    Returns:
        Title of an entry -> response, normalised.
    """
    with ThreadPoolExecutor() as pool:
        parts = pool.map(lambda plan: dict(_replay(plan, stages, run_server, folder)), PLANS)
        return {about: response for part in parts for about, response in part.items()}


def _replay(
    plan: ServerPlan, stages: Mapping[str, list[Entry]], run_server: RunServer, folder: Path
) -> Iterator[tuple[str, Response]]:
    own = folder / plan.name
    shutil.copytree(SHIPPED, own / "variants")
    (own / "disk").mkdir()
    (own / "mount").symlink_to("disk")
    receipts: dict[str, str] = {}
    first, *others = plan.stages
    plan.stages[first](own)
    with run_server(
        own,
        EMOTION_VARIANTS=str(own / "variants"),
        EMOTION_STATE=str(own / "mount" / "state"),
        EMOTION_WORKERS="1",
        EMOTION_WRONG_TOKEN_DELAY="0",
        EMOTION_ADMIN_TOKEN=plan.admin_token,
        EMOTION_RECEIPT_KEY=RECEIPT_KEY,
    ) as server:
        yield from _send_all(server.url, stages[first], receipts)
        for stage in others:
            plan.stages[stage](own)
            yield from _send_all(server.url, stages[stage], receipts)


def _send_all(
    url: str, entries: list[Entry], receipts: dict[str, str]
) -> Iterator[tuple[str, Response]]:
    for entry in entries:
        response = send(url, receipts=receipts, **entry["request"])
        if receipt := re.search(r'"receipt":"([^"]*)"', "".join(response.body)):
            receipts[entry["about"]] = receipt[1]
        if response.status == 200 and entry["request"]["path"] == METRICS:
            media_type = [h for h in response.headers if h.startswith("content-type: ")]
            response = Response(response.status, media_type, [])
        yield entry["about"], normalise(response)


def send(
    url: str,
    *,
    method: str,
    path: str,
    headers: list[str],
    body: list[Part] | None,
    receipts: Mapping[str, str],
) -> Response:
    """Send one request over a connection of its own."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    content = None if body is None else b"".join(_part(part, receipts) for part in body)
    chunked = "Transfer-Encoding: chunked" in headers
    connection.putrequest(method, path, skip_accept_encoding=True)
    for header in headers:
        name, _, value = header.partition(": ")
        connection.putheader(name, _encoded(value))
    if content is not None and not chunked:
        connection.putheader("Content-Length", str(len(content)))
    connection.endheaders([content] if chunked else content, encode_chunked=chunked)
    response = connection.getresponse()
    text = response.read().decode("utf-8", "surrogateescape")
    connection.close()
    received = [f"{name}: {value}" for name, value in response.getheaders()]
    return Response(response.status, received, text.splitlines(keepends=True))


def _part(part: Part, receipts: Mapping[str, str]) -> bytes:
    text, times = (part, 1) if isinstance(part, str) else part
    return _encoded(re.sub("<receipt of ([^>]*)>", lambda m: receipts[m[1]], text)) * times


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _keep_files(own: Path) -> None:
    """The files stay as they are."""


def _add_damaged_file(own: Path) -> None:
    (own / "damaged").write_bytes(b"not a variant")
    (own / "damaged").rename(own / "variants" / "damaged.safetensors")


def _replace_file(own: Path) -> None:
    """The file cqat-lut gets the content of nano."""
    shutil.copy(own / "variants" / "nano.safetensors", own / "replacement")
    (own / "replacement").rename(own / "variants" / "cqat-lut.safetensors")


def _remove_file(own: Path) -> None:
    _remove(own, "int8-dynamic")


def _remove(own: Path, *names: str) -> None:
    for name in names:
        (own / "variants" / f"{name}.safetensors").unlink()
    time.sleep(2 * WITHDRAW_AFTER_S + WATCH_INTERVAL_S)  # until the variants are withdrawn


def _lose_state_folder(own: Path) -> None:
    """Replace the folder by a file, below which even root cannot write."""
    (own / "file").touch()
    (own / "file").rename(own / "mount")


def _split_between_sound_and_damaged(own: Path) -> None:
    for path in (own / "variants").iterdir():
        if path.stem not in {"nano", "apot-kd"}:
            path.unlink()
    _add_damaged_file(own)
    policy = {"version": 7, "split": {"damaged": 1, "apot-kd": 1}, "reference": "nano"}
    (own / "disk" / "state").mkdir()
    (own / "disk" / "state" / "routing.json").write_text(json.dumps(policy))


def _remove_sound_files(own: Path) -> None:
    _remove(own, "nano", "apot-kd")


PLANS = (
    ServerPlan(
        name="admin",
        admin_token=ADMIN_TOKEN,
        stages={
            "shipped variants": _keep_files,
            "a damaged file was added": _add_damaged_file,
            "a file was replaced": _replace_file,
            "a file was removed": _remove_file,
            "the state folder was lost": _lose_state_folder,
        },
    ),
    ServerPlan(
        name="no-admin",
        admin_token="",
        stages={
            "no admin token, one of three files damaged": _split_between_sound_and_damaged,
            "only the damaged file was left": _remove_sound_files,
        },
    ),
)

"""The footprint benchmark's folders of variants and tables."""

import hashlib
from pathlib import Path

from benchmarks.footprint import (
    COPIES,
    Reading,
    server_table,
    summarize,
    variant_folders,
    variants_table,
)
from benchmarks.harness.wrk import WrkReport


def contents(folder: Path) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()]


def test_folders_hold_one_variant_copies_and_distinct_files(tmp_path: Path) -> None:
    one, shipped, copies, distinct = variant_folders(tmp_path).values()
    assert [path.name for path in one.iterdir()] == ["apot-kd.safetensors"]
    assert len(list(shipped.glob("*.safetensors"))) > 1
    assert len(contents(copies)) == len(contents(distinct)) == COPIES
    assert len(set(contents(copies))) == 1
    assert len(set(contents(distinct))) == COPIES


def test_figures_are_medians_of_the_starts() -> None:
    memory = {"worker": {"rss": 110e6, "pss": 95e6}}
    reports = [WrkReport(rate, 1_000_000, 1, 1, 0, 0) for rate in (2000, 100, 3000)]
    found = summarize(
        [Reading(s, memory, r) for s, r in zip((2.0, 9.0, 1.0), reports, strict=True)]
    )
    assert found == {"ready_s": 2.0, "requests_per_s": 2000, "processes": memory}


def test_server_without_a_supervisor_has_empty_cells() -> None:
    found = {"ready_s": 0.333, "requests_per_s": 2534.02, "processes": {"worker": {}}}
    found["processes"]["worker"] = {"rss": 62_005_248, "pss": 50_370_560}
    assert server_table({"bare": found})[-1] == (
        "| bare | 0.33 s | 2,534 | 62.0 MB | 50.4 MB |  |  |"
    )


def test_memory_is_compared_with_that_of_one_variant() -> None:
    rows = variants_table(
        {
            "one": {"variants": 1, "rss": 107e6, "reported": 54_264.0},
            "many": {"variants": 100, "rss": 116.2e6, "reported": 5_426_400.0},
        }
    )
    assert rows[2:] == [
        "| one | 1 | 107.0 MB | +0.0 MB | 0.05 MB |",
        "| many | 100 | 116.2 MB | +9.2 MB | 5.43 MB |",
    ]

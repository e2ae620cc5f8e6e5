"""The block about `edgemood adapt`."""

from collections.abc import Mapping
from typing import Any

from formatting import interval, table

Data = Mapping[str, Any]


def gains(measured: Data) -> str:
    """What each variant gains from each number of texts."""
    rows = [row for result in measured["results"] for row in _rows(result)]
    header = ["variant", ">texts", ">macro-F1", ">gain", ">stated", ">clear", ">calibration error"]
    return table(header, rows)


def _rows(result: Data) -> list[list[str]]:
    name = f"`{result['name']}`"
    macro_f1 = f"{result['macro_f1']['estimate']:.3f}"
    return [
        [name, "–", macro_f1, *["–"] * 3, f"{result['ece']:.3f}"],
        *[
            [
                name,
                f"{own['texts']:,}",
                f"{own['macro_f1']['estimate']:.3f}",
                interval(own["gain"], digits=3, sign="+"),
                f"{own['stated_gain']['mean']:+.3f} ± {own['stated_gain']['sd']:.3f}",
                f"{100 * own['clear']:.0f}%",
                f"{own['ece']:.3f}",
            ]
            for own in result["adapted"]
        ],
    ]

"""Blocks that compare the variants that ship with the default variant of 0.2.0."""

from collections.abc import Mapping
from typing import Any

from formatting import interval, points, share, spread, table
from quality import DEFAULT, FORMER, WEIGHTS

Data = Mapping[str, Any]

SOURCES = {None: "comments", "xed": "subtitles"}
SUBSETS = {
    "emoji": "with emoji or emoticons",
    "questions": "that end with a question mark",
    "negations": "with a negation",
}


def compared(students: Data) -> str:
    """Macro-F1 and accuracy of the former default, and of each variant as means over seeds."""
    groups = {group["name"]: group for group in students["by_seed"]}
    former = next(result for result in students["results"] if result["name"] == FORMER)
    rows = [
        [
            f"`{FORMER}`",
            f"{former['macro_f1']['estimate']:.3f}",
            "",
            f"{former['single_label']['accuracy']['estimate']:.3f}",
            "",
        ]
    ]
    rows += [
        [
            f"`{name}`",
            spread(groups[name]["macro_f1"]),
            interval(groups[name]["difference"], digits=3, sign="+"),
            spread(groups[name]["accuracy"]),
            interval(groups[name]["accuracy_difference"], digits=3, sign="+"),
        ]
        for name in WEIGHTS
        if name in groups
    ]
    return table(["variant", ">macro-F1", ">difference", ">accuracy", ">difference"], rows)


def subsets(*measured: Data) -> str:
    """Accuracy of the former and of the present default on texts of several kinds."""
    header = ["dev texts", ">of one label", f">`{FORMER}`", f">`{DEFAULT}`", ">difference"]
    return table([*header, ">micro-F1, difference"], map(_subset_row, measured))


def _subset_row(measured: Data) -> list[str]:
    results = {result["name"]: result for result in measured["results"]}
    former, now = results[FORMER], results[DEFAULT]
    return [
        f"{SOURCES[measured['source']]} {SUBSETS[measured['subset']]}",
        f"{now['single_label']['texts']:,}",
        *(share(result["single_label"]["accuracy"]) for result in (former, now)),
        points(now["against"]["accuracy"]),
        interval(now["against"]["micro_f1"], digits=3, sign="+"),
    ]

"""Blocks about accuracy by register: tweets, headlines, reviews and so on."""

from collections.abc import Mapping
from typing import Any

from formatting import paragraph, percent, table
from quality import DEFAULT

Data = Mapping[str, Any]

VARIANTS = (DEFAULT, "apot-80k", "nano", "fp32")
"""Those of most interest; one that is not measured is left out."""


def by_register(measured: Data) -> str:
    """How often the label with the highest score is acceptable, in each register."""
    shown = _shown(measured)
    rows = [
        [name, count, *[percent(result["registers"][name]["first"]) for result in shown.values()]]
        for name, count in measured["sentences"].items()
    ]
    together = [percent(result["together"]["first"]) for result in shown.values()]
    rows.append(["together", sum(measured["sentences"].values()), *together])
    header = ["register", ">sentences", *[f">{name}" for name in shown]]
    return f"{table(header, rows)}\n\n{paragraph(_summary(shown))}"


def by_label(measured: Data) -> str:
    """Recall and precision of each label, for the variant that is the default."""
    labels = _shown(measured)[DEFAULT]["labels"]
    rows = [
        [label, found["sentences"], _cell(found["recall"]), _cell(found["precision"])]
        for label, found in labels.items()
    ]
    return table(["label", ">sentences", ">recall", ">precision"], rows)


def _shown(measured: Data) -> dict[str, Data]:
    """The results of most interest by the names of their columns, earlier files first."""
    earlier = {f"{r['name']}, before": r for r in measured["results"] if r["before"]}
    now = {r["name"]: r for r in measured["results"] if not r["before"]}
    return earlier | {name: now[name] for name in VARIANTS if name in now}


def _summary(shown: Mapping[str, Data]) -> str:
    found = shown[DEFAULT]
    text = (
        f"`{DEFAULT}` gives {found['together']['labels_a_sentence']:.2f} labels a sentence; an"
        f" acceptable one is among them in {percent(found['together']['given'])} of the sentences."
    )
    if found["gain"] is None:
        return text
    value, low, high = (f"{100 * found['gain'][key]:+.0f}" for key in ("estimate", "low", "high"))
    return (
        f"{text} Against the earlier file, the share of sentences whose first label is acceptable"
        f" changed by {value} [{low}, {high}] percentage points (paired bootstrap)."
    )


def _cell(found: Mapping[str, float] | None) -> str:
    return "–" if found is None else percent(found)

"""Blocks about the experiments: ablations, noise, and repetitions of the survey's experiments."""

from collections.abc import Iterable, Mapping
from typing import Any

from formatting import bullet, interval, spread, table

Data = Mapping[str, Any]

CHOICES = {
    "small": "what all rows start from",
    "sixteen-epochs": "sixteen epochs, as in version 0.2.0",
    "one-teacher": "one of the three teachers",
    "by-frequency": "the most frequent words",
    "no-backoff": "unknown words stay unknown",
    "random-table": "word vectors begin at random",
    "no-augmentation": "no additional texts",
    "labels-only": "labels alone: no teacher, no additional texts, vectors at random",
    "temperature-2": "temperature 2",
    "no-dropped-words": "no words dropped",
    "no-average": "weights not averaged",
}
PUBLISHED = {"ffnn": ".463", "ffnn-cqat-16": ".4753", "ffnn-cqat-32": ".477"} | dict.fromkeys(
    ("ffnn-cqat-64", "ffnn-cqat-128"), ".486"
)
"""Macro-F1 at 0.5 as the survey gives it."""
CLUSTERED = ("ffnn", "ffnn-qat-8", *(f"ffnn-cqat-{k}" for k in (16, 32, 64, 128)))
DISTILLED = (
    *("teacher", "teacher-int8-static", "gru", "student", "student-kd", "student-co"),
    *(f"student-kd-{method}-{bits}" for bits in (5, 3) for method in ("apot", "lsq")),
    *("student-co-apot-5", "student-co-lsq-5"),
)
KINDS = (
    *("typos", "capitals", "elongations", "bare"),
    *("entities", "apostrophes", "invisible", "widths", "handles"),
)


def ablations(measured: Data) -> str:
    """One choice changed at a time."""
    groups = _groups(measured, CHOICES)
    rows = [
        [f"`{name}`", what, groups[name]["seeds"], spread(groups[name]["macro_f1"])]
        for name, what in CHOICES.items()
    ]
    return table(["variant", "what differs", ">seeds", ">dev macro-F1"], rows)


def backoff(typos: Data, elongations: Data) -> str:
    """With and without backing off, on noised texts."""
    rows = []
    for name, what in (("small", "backs off"), ("no-backoff", "does not")):
        scores = [spread(_groups(kind)[name]["macro_f1"]) for kind in (typos, elongations)]
        rows.append([f"`{name}`", what, *scores])
    return table(["variant", "unknown words", ">typos", ">elongations"], rows)


def noise(*measured: Data) -> str:
    """Macro-F1 of each variant under each kind of noise: the first ones of `KINDS`, in order."""
    names = [result["name"] for result in measured[0]["results"]]
    scores = [
        {result["name"]: result["macro_f1"]["estimate"] for result in kind["results"]}
        for kind in measured
    ]
    rows = [[f"`{name}`", *[f"{of_kind[name]:.3f}" for of_kind in scores]] for name in names]
    return table(["variant", *[f">{kind}" for kind in KINDS[: len(measured)]]], rows)


def clustering(measured: Data) -> str:
    """The FFNN of the survey."""
    groups = _groups(measured)
    header = ["variant", ">published F1 at 0.5", ">F1 at 0.5", ">F1 tuned"]
    header += [">tuned, minus float32", ">layers, bytes", ">file, bytes"]
    rows = [
        [f"`{name}`", PUBLISHED.get(name, "–"), *_scores(groups[name]), *_bytes(groups[name])]
        for name in CLUSTERED
    ]
    return table(header, rows)


def layers(measured: Data) -> str:
    """Bytes of the layers and of the file, before and after clustering."""
    before, after = (_groups(measured)[name] for name in ("ffnn", "ffnn-cqat-16"))
    text = (
        f"With 16 clusters, the layers shrink from {_bytes(before)[0]} to {_bytes(after)[0]} bytes"
        f" and the whole file from {_bytes(before)[1]} to {_bytes(after)[1]}."
    )
    return bullet(text)


def distillation(measured: Data) -> str:
    """The GRU student of the survey."""
    groups = _groups(measured)
    header = ["variant", ">smaller", ">F1 at 0.5", ">F1 tuned"]
    header += [">tuned, minus float32", ">layers, bytes", ">file, bytes"]
    rows = [
        [f"`{name}`", _smaller(groups, name), *_scores(groups[name]), *_bytes(groups[name])]
        for name in DISTILLED
    ]
    return table(header, rows)


def gains(measured: Data) -> str:
    """The gain in macro-F1 from distillation, and the ratios of sizes."""
    groups = _groups(measured)
    taught, alone = (groups[name]["macro_f1"] for name in ("student-kd", "student"))
    small = "student-kd-apot-5"
    return "\n".join(
        bullet(text)
        for text in (
            f"The student that learns from the finished teacher has a tuned macro-F1 of"
            f" {spread(taught)}, against {spread(alone)} without a teacher.",
            f"With APoT at 5 bits, the layers are {_times(groups, small, 'teacher', 'layer')} times"
            f" smaller than the teacher's and the file {_times(groups, small, 'teacher', 'file')}"
            f" times. Against the GRU that reaches the same F1 without a teacher (`gru`) the layers"
            f" are {_times(groups, small, 'gru', 'layer')} times smaller and the file"
            f" {_times(groups, small, 'gru', 'file')} times.",
        )
    )


def _groups(measured: Data, names: Iterable[str] = ()) -> dict[str, Data]:
    groups = {group["name"]: group for group in measured["by_seed"]}
    assert not names or set(names) == set(groups), "the measured variants are others"
    return groups


def _scores(group: Data) -> list[str]:
    difference = group["difference"]
    gained = "–" if difference is None else interval(difference, sign="+")
    return [spread(group["half"]["f1"]), spread(group["macro_f1"]), gained]


def _bytes(group: Data) -> list[str]:
    return [f"{group[part]['mean']:,.0f}" for part in ("layer_bytes", "file_bytes")]


def _smaller(groups: Mapping[str, Data], name: str) -> str:
    ratios = [_ratio(groups, name, "teacher", part) for part in ("layer", "file")]
    return " / ".join(f"{ratio:.1f}×" for ratio in ratios)


def _times(groups: Mapping[str, Data], name: str, than: str, part: str) -> str:
    return f"{_ratio(groups, name, than, part):.0f}"


def _ratio(groups: Mapping[str, Data], name: str, than: str, part: str) -> float:
    one, other = (groups[group][f"{part}_bytes"]["mean"] for group in (than, name))
    return float(one / other)

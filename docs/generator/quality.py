"""Blocks about the variants that ship: bytes, F1, retention, speed."""

from collections.abc import Mapping
from typing import Any

from figure import size_text
from formatting import interval, paragraph, share, table

Data = Mapping[str, Any]

DEFAULT = "apot-kd"
WEIGHTS = {
    "fp32": "float32",
    "int8-dynamic": "8 bits, input ranges at run time",
    "int8-static": "8 bits, input ranges calibrated",
    "cqat-lut": "16 centroids, 4-bit indices",
    "apot-kd": "additive powers of two, 4 and 5 bits",
    "nano": "the same, fewer and smaller layers",
}
"""Every variant that ships, largest first, and what its weights are."""


def headline(students: Data) -> str:
    """Size and retention of the default variant."""
    teacher, size = students["teachers"][0], size_text(_bytes(students, DEFAULT))
    kept = share(teacher["kept"][DEFAULT])
    return paragraph(
        f"The default variant, `{DEFAULT}`, is one file of {size}, vocabulary included. It"
        f" keeps {kept} of the macro-F1 of the"
        f" {size_text(teacher['file_bytes'])} transformer that taught it."
    )


def variants(shipped: Data, students: Data) -> str:
    """The table of the README."""
    kept, results = students["teachers"][0]["kept"], _by_name(shipped)
    assert set(WEIGHTS) == set(results), "a variant is missing in WEIGHTS"
    rows = [
        [
            f"`{name}`",
            weights,
            f"{results[name]['sizes']['file']:,}",
            f"{results[name]['resident_bytes']:,}",
            interval(results[name]["macro_f1"], digits=3),
            share(kept[name]),
        ]
        for name, weights in WEIGHTS.items()
    ]
    teacher = shipped["teachers"][0]
    rows.append(
        [
            "teacher",
            "transformer, float32",
            f"{teacher['file_bytes']:,}",
            "",
            interval(teacher["macro_f1"], digits=3),
            "100%",
        ]
    )
    header = ["variant", "weights", ">bytes", ">in memory", ">macro-F1", ">keeps"]
    return table(header, rows)


def calibration(shipped: Data) -> str:
    """Calibration error, and figures of the label with the highest score."""
    results = _by_name(shipped)
    texts = results[DEFAULT]["single_label"]["texts"]
    rows = [
        [
            f"`{name}`",
            interval(results[name]["calibration"]["mean_ece"], digits=3),
            f"{results[name]['calibration']['mean_chance']:.3f}",
            share(results[name]["single_label"]["accuracy"]),
            interval(results[name]["single_label"]["macro_f1"], digits=3),
        ]
        for name in WEIGHTS
    ]
    header = ["variant", ">calibration error", ">by chance", ">accuracy", ">macro-F1"]
    about = paragraph(f"Accuracy and macro-F1 are of the {texts:,} texts with exactly one label.")
    return f"{table(header, rows)}\n\n{about}"


def sizes(shipped: Data) -> str:
    """Bytes of each file, in a sentence."""
    parts = [f"`{name}` has {size:,} bytes" for name, size in _sizes(shipped).items()]
    return paragraph(", ".join(parts) + ".")


def labels(shipped: Data) -> str:
    """F1 of each label, for the variants of most interest and for the teacher."""
    names, results = (DEFAULT, "nano", "fp32"), _by_name(shipped)
    teacher = shipped["teachers"][0]["labels"]
    rows = [
        [
            label,
            f"{texts:,}",
            *[interval(results[name]["label_f1"][label], digits=3) for name in names],
            f"{teacher[label]['f1']:.3f}",
        ]
        for label, texts in results["fp32"]["examples"].items()
    ]
    return table(["label", ">texts", *[f">{name}" for name in names], ">teacher"], rows)


def retention(students: Data) -> str:
    """Share of the macro-F1 of one teacher, and of the ensemble, that students retain."""
    alone, together = students["teachers"]
    kept = {name: share(alone["kept"][name]) for name in (DEFAULT, "nano", "fp32")}
    times = {
        name: f"{alone['file_bytes'] / _bytes(students, name):,.0f}" for name in (DEFAULT, "nano")
    }
    paragraphs = (
        f"On the test split, with three seeds, `{DEFAULT}` keeps {kept[DEFAULT]} of the macro-F1"
        f" that one fine-tuned transformer has on average, in a file that is {times[DEFAULT]} times"
        f" smaller. `nano` keeps {kept['nano']} and is {times['nano']} times smaller, and `fp32`"
        f" keeps {kept['fp32']}.",
        f"One transformer alone has a macro-F1 of {interval(alone['macro_f1'])}; all"
        f" {together['together']} together, which taught the students, have"
        f" {interval(together['macro_f1'])}. `{DEFAULT}` keeps"
        f" {share(together['kept'][DEFAULT])} of that.",
        "The seeds of `nano` differ more than those of the other variants: their macro-F1 is"
        f" {_listed(_scores(students, 'nano'))} for the seeds 0, 1 and 2. Seed 0 ships.",
    )
    return "\n\n".join(map(paragraph, paragraphs))


def speed(shipped: Data) -> str:
    """Time for each text, alone and in batches."""
    results, conditions = _by_name(shipped), shipped["conditions"]
    rows = [
        [f"`{name}`"]
        + [f"{results[name]['timing'][key]:.0f} µs" for key in ("alone_us", "batched_us")]
        for name in WEIGHTS
    ]
    caption = paragraph(
        "Time of a text from characters to scores, in one process on an"
        f" {conditions['processor']} with {conditions['cores']} cores, Python"
        f" {conditions['python']} and numpy {conditions['numpy']}:"
    )
    header = ["variant", ">one at a time", f">{conditions['batch']} at a time"]
    return f"{caption}\n\n{table(header, rows)}"


def _by_name(evaluation: Data) -> dict[str, Data]:
    return {result["name"]: result for result in evaluation["results"]}


def _sizes(shipped: Data) -> dict[str, int]:
    results = _by_name(shipped)
    return {name: results[name]["sizes"]["file"] for name in WEIGHTS}


def _group(students: Data, name: str) -> Data:
    return next(group for group in students["by_seed"] if group["name"] == name)


def _bytes(students: Data, name: str) -> float:
    return float(_group(students, name)["file_bytes"]["mean"])


def _scores(students: Data, name: str) -> list[float]:
    """Macro-F1 of each seed."""
    return [
        result["macro_f1"]["estimate"]
        for result in students["results"]
        if result["name"].startswith(f"{name}.s")
    ]


def _listed(scores: list[float]) -> str:
    *first, last = [f"{score:.3f}" for score in scores]
    return f"{', '.join(first)} and {last}"

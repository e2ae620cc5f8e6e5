"""Blocks about the variants that ship: bytes, F1, retention, speed."""

from collections.abc import Mapping
from typing import Any

from figure import size_text
from formatting import interval, paragraph, share, table

Data = Mapping[str, Any]

DEFAULT, FORMER = "apot-kd", "apot-kd-0.2.0"
COUNTS = {2: "two", 3: "three", 4: "four", 5: "five"}
WEIGHTS = {
    "fp32": "float32",
    "int8-dynamic": "8 bits, input ranges at run time",
    "int8-static": "8 bits, input ranges calibrated",
    "cqat-lut": "16 centroids, 4-bit indices",
    "apot-80k": "additive powers of two, 4 and 5 bits; 12,000 words",
    "apot-kd": "additive powers of two, 4 and 5 bits",
    "nano": "the same, fewer and smaller layers",
}
"""Every variant that may ship, largest first, and what its weights are."""


def headline(students: Data, subtitles: Data | None = None) -> str:
    """Size and retention of the default variant.

    Args:
        students: variants with several seeds, on GoEmotions.
        subtitles: the same on XED.
    """
    teacher, size = students["teachers"][0], size_text(_bytes(students, DEFAULT))
    kept, transformer = share(teacher["kept"][DEFAULT]), size_text(teacher["file_bytes"])
    begin = f"The default variant, `{DEFAULT}`, is one file of {size}, vocabulary included."
    if subtitles is None:
        return paragraph(
            f"{begin} It keeps {kept} of the macro-F1 of the {transformer} transformer that taught"
            " it."
        )
    return paragraph(
        f"{begin} On Reddit comments, it keeps {kept} of the macro-F1 of the {transformer}"
        f" transformer that taught it; on film subtitles, {_kept(subtitles)}."
    )


def variants(
    shipped: Data,
    students: Data,
    subtitles: Data | None = None,
    subtitle_students: Data | None = None,
) -> str:
    """The table of the README.

    Args:
        shipped: the files, on GoEmotions.
        students: several seeds of them, on GoEmotions.
        subtitles: the files, on XED.
        subtitle_students: several seeds of them, on XED.
    """
    results = _by_name(shipped)
    datasets = [(shipped, students)]
    header = ["variant", "weights", ">bytes", ">in memory", ">macro-F1", ">keeps"]
    if subtitles is not None and subtitle_students is not None:
        datasets.append((subtitles, subtitle_students))
        header += [">macro-F1, subtitles", ">keeps"]
    rows = [
        [
            f"`{name}`",
            WEIGHTS[name],
            f"{results[name]['sizes']['file']:,}",
            f"{results[name]['resident_bytes']:,}",
            *(cell for measured in datasets for cell in _quality_cells(name, *measured)),
        ]
        for name in _names(shipped)
    ]
    size = f"{shipped['teachers'][0]['file_bytes']:,}"
    own = [
        cell
        for measured, _ in datasets
        for cell in (interval(measured["teachers"][0]["macro_f1"], digits=3), "100%")
    ]
    return table(header, [*rows, ["teacher", "transformer, float32", size, "", *own]])


def _quality_cells(name: str, files: Data, seeds: Data) -> tuple[str, str]:
    """Macro-F1 of a file, and the share of the teacher's that its seeds keep."""
    return interval(_by_name(files)[name]["macro_f1"], digits=3), _kept(seeds, name)


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
        for name in _names(shipped)
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
    results = _by_name(shipped)
    names = [name for name in (DEFAULT, "apot-80k", "nano", "fp32") if name in results]
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
    """Share of the macro-F1 of one teacher, and of an ensemble if there is one."""
    alone, *together = students["teachers"]
    names = [name for name in (DEFAULT, "apot-80k", "nano", "fp32") if name in alone["kept"]]
    kept = [
        f"`{name}`, {alone['file_bytes'] / _bytes(students, name):,.0f} times smaller, keeps"
        f" {_kept(students, name)}"
        for name in names
    ]
    seeds = [
        f"`{name}` has a macro-F1 of {_listed(_scores(students, name))}"
        for name in (DEFAULT, "nano")
    ]
    count = len(_scores(students, DEFAULT))
    paragraphs = [
        f"One fine-tuned transformer has a macro-F1 of {interval(alone['macro_f1'])}. As means over"
        f" {COUNTS[count]} seeds, {'; '.join(kept)}.",
        *(_of_ensemble(ensemble) for ensemble in together),
        f"With the seeds {', '.join(map(str, range(count - 1)))} and {count - 1},"
        f" {' and '.join(seeds)}. Seed 0 ships.",
    ]
    return "\n\n".join(map(paragraph, paragraphs))


def _of_ensemble(teacher: Data) -> str:
    return (
        f"All {teacher['together']} transformers together have {interval(teacher['macro_f1'])}."
        f" `{DEFAULT}` keeps {share(teacher['kept'][DEFAULT])} of that."
    )


def speed(shipped: Data) -> str:
    """Time for each text, alone and in batches."""
    results, conditions = _by_name(shipped), shipped["conditions"]
    rows = [
        [f"`{name}`"]
        + [f"{results[name]['timing'][key]:.0f} µs" for key in ("alone_us", "batched_us")]
        for name in _names(shipped)
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
    return {name: results[name]["sizes"]["file"] for name in _names(shipped)}


def _names(shipped: Data) -> list[str]:
    """The variants that ship, largest first."""
    found = {name for name in _by_name(shipped) if name != FORMER}
    assert found <= set(WEIGHTS), "a variant is missing in WEIGHTS"
    return [name for name in WEIGHTS if name in found]


def _kept(students: Data, name: str = DEFAULT) -> str:
    return share(students["teachers"][0]["kept"][name])


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

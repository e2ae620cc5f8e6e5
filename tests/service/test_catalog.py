"""A folder of variants, good ones and bad."""

from pathlib import Path

import pytest

from edgemood import Classifier
from service.catalog import Catalog


def test_a_file_that_breaks_its_reader_leaves_the_others_serving(
    variants: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Classifier.open.__func__

    def fail(cls: type[Classifier], path: Path) -> Classifier:
        if path.stem == "int8-static":
            raise ZeroDivisionError
        return original(cls, path)

    monkeypatch.setattr(Classifier, "open", classmethod(fail))
    catalog = Catalog(variants)
    assert set(catalog.loaded) == {"fp32", "int8-dynamic"}
    assert catalog.find("int8-static").problem == "the file cannot be used"

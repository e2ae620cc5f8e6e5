"""The pages of docs/service are made from the JSON files in the same folder."""

from pathlib import Path

import pytest

from benchmarks import attack, footprint, overload, soak, throughput

DOCS = Path(__file__).parents[2] / "docs" / "service"


@pytest.mark.parametrize("module", [attack, footprint, overload, soak, throughput])
def test_page_is_that_of_its_figures(module: object, tmp_path: Path) -> None:
    benchmark = module.BENCHMARK  # type: ignore[attr-defined]
    figures = DOCS / f"{benchmark.name}.json"
    assert benchmark.main(["--from", str(figures), "--out", str(tmp_path)]) == 0
    for name in (f"{benchmark.name}.md", figures.name):
        assert (tmp_path / name).read_text() == (DOCS / name).read_text()

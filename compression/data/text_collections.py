"""Collections of texts without labels, for a teacher to judge: files, or filled templates."""

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from compression.data.readers.content import read_content
from compression.data.readers.record import Place
from compression.data.tables.files import files_of
from compression.data.templates import template_texts
from compression.errors import DatasetError
from compression.networks import PositiveInt
from compression.recipe_table import Array, RecipeTable
from compression.settings import Seed
from compression.text_files import lines_of


class TextLines(RecipeTable):
    """`[texts.NAME]` of a recipe: files of one text a line, also packed with gzip."""

    format: Literal["lines"] = "lines"
    files: Annotated[
        Array[str], Field(min_length=1, description="names or patterns in the folder of the data")
    ]
    texts: Annotated[
        PositiveInt | None,
        Field(description="drawn at random from each file; all if missing"),
    ] = None
    longest: Annotated[PositiveInt, Field(description="characters; longer lines are left out")] = (
        400
    )
    seed: Seed = 0
    origin: Annotated[
        str | None, Field(description="where to get the files, and their licence")
    ] = None

    def load(self, folder: Path) -> tuple[str, ...]:
        """The texts, each once, in the order of the files.

        Raises:
            DatasetError: a file is missing, not UTF-8, or has no text.
        """
        found: dict[str, None] = {}
        for path in files_of(folder, self.files, origin=self.origin):
            found |= dict.fromkeys(self._drawn(path))
        return tuple(found)

    def _drawn(self, path: Path) -> list[str]:
        content = read_content(path).text
        if "\0" in content:
            line = content.count("\n", 0, content.index("\0")) + 1
            raise Place(path, line).error("a NUL character, which no text contains")
        lines = (line.strip() for line in lines_of(content))
        texts = list(dict.fromkeys(line for line in lines if 0 < len(line) <= self.longest))
        if not texts:
            raise DatasetError(f"{path}: no line holds a text of at most {self.longest} characters")
        if self.texts is None or self.texts >= len(texts):
            return texts
        generator = np.random.default_rng([self.seed, len(texts)])
        chosen = np.sort(generator.permutation(len(texts))[: self.texts])
        return [texts[i] for i in chosen]


class TemplateTexts(RecipeTable):
    """`[texts.NAME]` of a recipe: the templates of `compression.data.templates`."""

    format: Literal["templates"]
    texts: PositiveInt = 20_000
    seed: Seed = 0

    def load(self, folder: Path) -> tuple[str, ...]:  # as the other collections
        """The texts; they come from no file of the folder."""
        return template_texts(self.texts, seed=self.seed)


TextCollection = Annotated[TextLines | TemplateTexts, Field(discriminator="format")]

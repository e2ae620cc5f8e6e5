"""Keys of bases: the names under which trained bases are stored."""

import hashlib
from collections.abc import Iterator, Mapping

from compression.data.corpora import Corpora
from compression.recipes.vector_files import VectorFiles
from compression.settings import BaseSettings, BaseStart, FileStart, TeacherStart
from compression.teachers.ensemble import Ensemble
from compression.teachers.teacher import Teacher


class BaseKeys:
    """The keys of a recipe's bases.

    A key covers the settings, the data, and the keys of the bases and teachers that a base needs.
    It is part of the provenance of variants, so it also covers what only their thresholds depend
    on: the teacher's blend weight, and the weights of the dev splits of sources.
    """

    def __init__(
        self,
        settings: Mapping[str, BaseSettings],
        corpora: Corpora,
        teachers: Mapping[str, Teacher | Ensemble],
        vector_files: VectorFiles,
    ) -> None:
        """Read nothing yet.

        Args:
            settings: of each base, by name.
            corpora: the data of the recipe.
            teachers: transformers, by name.
            vector_files: word vectors that bases may start from.
        """
        self._settings, self._corpora = settings, corpora
        self._teachers, self._vector_files = teachers, vector_files

    def of(self, name: str) -> str:
        """The key of a base: 16 hexadecimal digits."""
        parts = list(self._parts(self._settings[name]))
        if len(parts) == 1:
            return parts[0]
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:16]

    def _parts(self, settings: BaseSettings) -> Iterator[str]:
        yield settings.key(self._corpora.main.sha256)
        for further in settings.further:
            yield self._corpora.sha256(further.texts)
        if settings.distillation is not None:
            yield self._of_teacher(settings.distillation.teacher)
        if isinstance(settings.embedding, BaseStart):
            yield self.of(settings.embedding.base)
        if isinstance(settings.embedding, TeacherStart):
            yield self._of_teacher(settings.embedding.teacher)
        if isinstance(settings.embedding, FileStart):
            yield self._vector_files.sha256(settings.embedding)

    def _of_teacher(self, name: str) -> str:
        if name not in self._teachers:
            return self.of(name)
        teacher = self._teachers[name]
        return f"{teacher.key} {teacher.blend_weight}" if teacher.blend_weight else teacher.key

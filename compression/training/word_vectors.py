"""Initial token tables from word vectors: of a file, of a teacher, or of another base.

Files are in the text format of GloVe and word2vec: each line is a word and its numbers, separated
by blanks. A first line with two numbers, of words and of dimensions, is skipped. Files are read
line by line, and only the vectors of vocabulary words stay in memory.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from compression.errors import EmbeddingError
from compression.progress import log
from compression.text_files import other_content, without_mark
from edgemood.arrays import Float32

Vectors = Mapping[str, Float32]


def read_vectors(path: Path, words: Sequence[str]) -> Vectors:
    """The vectors of those words that a file has; of duplicates, the first.

    Args:
        path: a text file of word vectors.
        words: in the spelling of the file.

    Raises:
        EmbeddingError: the file is missing, has none of the words, or has a malformed line, which
            the message names.
    """
    wanted = {word.encode(): word for word in words}
    vectors: dict[str, Float32] = {}
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            bar = tqdm(total=size, unit="B", unit_scale=True, desc=path.name, disable=None)
            dim, first = _dimensions(path, file)
            for number, line in enumerate(file, start=first):
                bar.update(len(line))
                if not line.strip():
                    continue
                # Split from the right: some words of the large GloVe files contain blanks.
                word, *numbers = line.rstrip().rsplit(b" ", dim)
                if len(numbers) != dim:
                    raise EmbeddingError(
                        f"{path}: line {number}: {len(numbers)} numbers, others have {dim}"
                    )
                if (name := wanted.get(word)) is not None and name not in vectors:
                    vectors[name] = _parsed(path, number, numbers)
            bar.close()
    except OSError as error:
        raise EmbeddingError(f"{path}: {error.strerror}") from error
    if not vectors:
        raise EmbeddingError(f"{path}: has none of the vocabulary's {len(words):,} words")
    return vectors


def table_from(
    vectors: Vectors, words: Sequence[str], *, dim: int, std: float, seed: int
) -> Float32:
    """An initial token table.

    Wider vectors are reduced to their first principal components. All are centred and scaled to one
    standard deviation. Words without a vector get a random one of the same standard deviation, the
    unknown word gets the mean.

    Args:
        vectors: by word, all of the same width.
        words: of the vocabulary, in the order of their rows.
        dim: of the table.
        std: the standard deviation.
        seed: of the random vectors.

    Returns:
        *Shape:* `(words + 1, dim)`; row 0 is the unknown word's.

    Raises:
        EmbeddingError: the vectors are narrower than the table, or no word has one.
    """
    known = [i for i, word in enumerate(words) if word in vectors]
    if not known:
        raise EmbeddingError(f"none of the {len(words):,} words has a vector")
    matrix = np.stack([vectors[words[i]] for i in known])
    if matrix.shape[1] < dim:
        raise EmbeddingError(f"word vectors of {matrix.shape[1]} dimensions cannot fill {dim}")
    reduced = principal_components(matrix, dim)
    reduced *= std / max(float(reduced.std()), 1e-12)
    values = np.random.default_rng(seed).normal(scale=std, size=(len(words) + 1, dim))
    values[0] = 0
    values[np.array(known) + 1] = reduced
    log(f"  word vectors for {len(known):,} of {len(words):,} words")
    return values.astype(np.float32)


def principal_components(matrix: NDArray[Any], dim: int) -> NDArray[np.float64]:
    """Centred rows, reduced to their first principal components.

    Args:
        matrix: *Shape:* `(n, width)`.
        dim: at most `width`; if it is `width`, the rows are centred only.

    Returns:
        *Shape:* `(n, dim)`.
    """
    centred = matrix.astype(np.float64) - matrix.mean(axis=0, dtype=np.float64)
    if centred.shape[1] == dim:
        return np.asarray(centred)
    # Eigenvectors of the covariance, which is small, instead of an SVD of all rows.
    _, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, ::-1][:, :dim]
    # The signs of eigenvectors are arbitrary; fixed signs make builds repeatable.
    axes = axes * np.where(axes[np.abs(axes).argmax(axis=0), np.arange(dim)] < 0, -1.0, 1.0)
    return np.asarray(centred @ axes)


def _dimensions(path: Path, file: BinaryIO) -> tuple[int, int]:
    """The number of numbers in a line, and the number of the next line to read."""
    line = file.readline()
    first = without_mark(line)
    if (other := other_content(first)) is not None:
        raise EmbeddingError(f"{path}: this is {other}")
    header = first.split()
    if len(header) == 2 and all(part.isdigit() for part in header):
        return int(header[1]), 2
    file.seek(len(line) - len(first))
    dim = len(first.rstrip().split(b" ")) - 1
    if dim < 1:
        raise EmbeddingError(f"{path}: line 1: not a word and its numbers")
    return dim, 1


def _parsed(path: Path, line: int, numbers: Sequence[bytes]) -> Float32:
    try:
        values = [float(number) for number in numbers]
    except ValueError as error:
        problem = "a value that is not a number"
        raise EmbeddingError(f"{path}: line {line}: {problem}") from error
    if not all(map(math.isfinite, values)):
        raise EmbeddingError(f"{path}: line {line}: a number that is not finite")
    return np.array(values, dtype=np.float32)

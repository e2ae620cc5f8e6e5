"""The protocol of a vocabulary: it maps tokens to rows of the token table.

Row 0 belongs to every unknown token. The word at rank i of a vocabulary has row i + 1.
"""

from collections.abc import Sequence
from typing import ClassVar, Protocol, Self

from edgemood.arrays import Arrays
from edgemood.errors import LayoutError

UNKNOWN = 0
"""The row of every token that a vocabulary does not know."""


MAX_WORDS = 2**18
"""Words of a vocabulary. A word takes about 200 bytes in memory, and seven in a file."""


def check_word_count(count: int) -> None:
    """Check the size of a vocabulary before memory is taken for its words.

    Raises:
        LayoutError: it has more than `MAX_WORDS`.
    """
    if count > MAX_WORDS:
        raise LayoutError(f"{count:,} words; a vocabulary has at most {MAX_WORDS:,}")


class Vocabulary(Protocol):
    """A mapping from tokens to rows, stored in some encoding.

    What a file stores is `arrays()`; `from_stored` is the inverse, bit for bit.
    """

    encoding: ClassVar[str]

    @property
    def backoff(self) -> int:
        """How many code points an unknown token may lose at its end, for the tokenizer."""

    def __len__(self) -> int:
        """Number of rows, the unknown row included."""

    @property
    def resident_bytes(self) -> int:
        """Bytes held in memory, look-up structures included."""

    def ids(self, tokens: Sequence[str]) -> list[int]:
        """Return the row of each token, `UNKNOWN` for unknown ones."""

    def arrays(self) -> Arrays:
        """Return the arrays as the file stores them, by short name."""

    @classmethod
    def from_stored(cls, arrays: Arrays) -> Self:
        """Build a vocabulary from stored arrays.

        Raises:
            LayoutError: an array is missing, unknown or malformed.
        """

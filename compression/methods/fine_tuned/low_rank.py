"""Low rank: each matrix becomes the product of two thin ones."""

from functools import partial
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field

from compression.methods.fine_tuning import FineTuned
from compression.networks import Matrix
from compression.quantizers.fake_quant import FactoredWeight, WeightQuantizer, plain_quantizer


class LowRank(FineTuned):
    """Truncated singular value decomposition with fine-tuned factors.

    A matrix is factored only if the factors have fewer weights. Its rank is the smallest that keeps
    the share `energy` of the squared singular values; the artifact states the share it keeps.
    """

    method: ClassVar[str] = "low-rank"
    activations: Literal["none"] = "none"
    energy: Annotated[float, Field(gt=0, le=1)] = 0.8
    rank: Annotated[int | None, Field(ge=1, description="instead of energy")] = None
    bits: Annotated[Literal[32, 16, 8, 7, 6, 5, 4, 3, 2, 1], Field(description="of factors")] = 16

    def quantizer(self, matrix: Matrix, *, seed: int) -> WeightQuantizer:
        rows, columns = matrix.values.shape
        rank = self._rank(matrix)
        stored = partial(plain_quantizer, self.bits)
        if rank * (rows + columns) >= rows * columns:
            return stored()
        return FactoredWeight(matrix.values, rank=rank, stored=stored, trained=matrix.trained)

    def _rank(self, matrix: Matrix) -> int:
        if self.rank is not None:
            return int(min(self.rank, *matrix.values.shape))
        kept: torch.Tensor = torch.cumsum(torch.linalg.svdvals(matrix.values.double()) ** 2, 0)
        return int(torch.count_nonzero(kept < self.energy * kept[-1])) + 1

"""Folding: the token table and the first linear step become one table.

A bag averages word vectors before its first layer, a GRU multiplies each one by its input weights.
Both steps are linear, so the table can store `W e + b` for each word vector e, and W and b are no
longer needed. The function stays exactly the same. The folded table has as many columns as W has
rows: the width of a bag's first layer, three times the units of each direction of a GRU.
"""

from compression.checkpoints.checkpoint import Checkpoint
from compression.errors import CompressionError


def fold(base: Checkpoint) -> Checkpoint:
    """The same function of texts with a narrower table.

    Raises:
        CompressionError: the base is folded already, or the table would not become narrower.
    """
    model = base.settings.model
    if model.folded:
        raise CompressionError("this base is folded already")
    folded, state = model.fold(base.state)
    if folded.dim >= model.dim:
        raise CompressionError(
            f"folding would turn a table of {model.dim} columns into one of {folded.dim};"
            " build this variant without `fold`"
        )
    settings = base.settings.model_copy(update={"model": folded})
    return base.trained(state).with_settings(settings)

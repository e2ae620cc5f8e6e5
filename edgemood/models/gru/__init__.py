"""A gated recurrent unit: the layout of its gates, its recurrence, and the model.

For a single text, each numpy call costs more than the arithmetic it does. Three decisions keep the
number of calls in each step low, and none of them changes the results:

* the gates of both directions lie in one row, so one call serves both (`gates.py`);
* a sigmoid is computed as a hyperbolic tangent, and the halving of its argument is part of the
  weights (`gates.py`);
* rounding to a grid adds and subtracts a large constant (`recurrence.py`).
"""

from edgemood.models.gru.model import Gru

__all__ = ["Gru"]

"""Makes variants: trains a base classifier, compresses it, measures it. Torch lives here only."""

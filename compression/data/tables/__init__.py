"""Tables of texts and labels: which columns hold them, what a row means, and splits."""

"""Which variant answers which key."""

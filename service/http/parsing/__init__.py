"""From bytes and headers to checked values, before any call runs."""

"""What a variant is worth: quality, size, speed, and the report of all three."""

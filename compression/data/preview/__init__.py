"""What data holds, before anything is trained on it: counts, lengths, duplicates, odd rows."""

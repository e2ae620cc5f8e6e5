"""Text to tokens to rows of the token table."""

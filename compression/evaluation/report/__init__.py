"""The report of an evaluation: a page of tables, a plot, and a table for the terminal."""

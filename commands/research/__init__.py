"""Research before a round table: each agency checks its own records, and returns what is known."""

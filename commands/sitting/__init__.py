"""A sitting: one date, many cases, each at its own table and in its own room (practice, section 5, rows 1 and 2)."""

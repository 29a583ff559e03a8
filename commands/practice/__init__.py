"""The practice room: a case with a mark, of which nothing is real, where agencies learn together (practice, part 1)."""

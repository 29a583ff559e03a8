"""Standing: an agency's mandate, and what a person acknowledged and learned before a first case (practice, part 1)."""

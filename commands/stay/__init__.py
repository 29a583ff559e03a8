"""A time-boxed place at the table: an expert from outside, or somebody of an agency that joins for a while."""

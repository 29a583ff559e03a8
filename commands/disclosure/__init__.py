"""Disclosures: what was given to whom and why, what was refused, and what may leave the table."""

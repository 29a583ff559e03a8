"""Advice from above the tables, asked without saying of whom (practice, sections 1 and 5)."""

"""Schemes: what the agencies of one kind of table agreed on, and where it can be read."""

"""Intake screens."""

WALK = ["finn: !screen health looked the nurse saw him"]

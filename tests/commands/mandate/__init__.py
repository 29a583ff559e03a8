"""Mandates, the privacy protocol, and trainings."""

WALK = ["ada: !protocol", "ada: !protocol accept"]

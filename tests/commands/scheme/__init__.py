"""Schemes: what was agreed is shown to whoever works in them."""

WALK = ["ada: !scheme"]

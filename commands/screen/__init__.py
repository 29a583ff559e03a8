"""Intake screens: what is looked at for each person, so that no need is missed (practice, section 1)."""

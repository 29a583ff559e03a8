"""Figures: what a scheme's cases come to, so that nobody is told from them (practice, sections 1 and 5)."""

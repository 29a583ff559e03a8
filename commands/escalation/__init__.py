"""A disagreement climbs the ladder of its scheme, with its clocks, and comes to an end."""

"""Hand-over between the shifts of a team: who goes off tells, and who takes over confirms."""

"""Assessment: rounds in which each agency gives its own view, never averaged (practice, sections 1 and 2)."""

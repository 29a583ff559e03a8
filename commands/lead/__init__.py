"""The lead professional of a case, who owns its content, apart from the process director (practice, section 1)."""

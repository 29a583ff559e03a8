"""What goes up to the steering group: counts, once a day at most, of no case in particular (practice, section 1)."""

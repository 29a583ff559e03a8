"""Many cases at once, by reference only: which ones, what is unresolved in them, and the same for several."""

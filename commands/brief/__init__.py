"""The authored brief: what whoever comes to a table late reads, instead of all that was written before."""

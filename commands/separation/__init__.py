"""Two persons in one case, such as siblings: a second case that the first does not know, item by item."""

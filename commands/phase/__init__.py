"""The phases of a case, from gathering to its end, and the gates between them."""

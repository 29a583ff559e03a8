"""After a case was closed: whether there is a new concern is asked, and it may come back as a repeat."""

"""An agency gives up its seat at a table; the case goes on, and what the agency had to do is the next owner's."""

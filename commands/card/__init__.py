"""The card that stands pinned in a case's room: where the case stands."""

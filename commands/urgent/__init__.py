"""The urgent path: the emergency number first, then those on duty, without content."""

"""A bot's account, and which schemes it runs: several can share one database, and no two speak for one scheme."""

from dataclasses import dataclass


@dataclass(frozen=True, repr=False)
class Account:
    """Whose rooms, outbox and progress are meant, and whose cases."""

    user_id: str = ""
    """Its Matrix id; empty: a store that no bot has run yet."""
    schemes: tuple[str, ...] | None = None
    """The schemes that it runs; None: every one, as the only account does."""

    def runs(self, scheme: str) -> bool:
        """Whether a case of this scheme is one of its own."""
        return self.schemes is None or scheme in self.schemes

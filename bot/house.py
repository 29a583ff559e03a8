"""The house as commands know it, from the configuration and the store."""

from zoneinfo import ZoneInfo

from bot.config import Config
from bot.schemes import SchemeSection, scheme_of
from cases.scheme import Scheme
from chat.context import House
from storage import pins
from storage.store import Store


def make_house(config: Config, store: Store) -> House:
    """What holds for the whole deployment; raises StoreAwayError."""
    with store.look() as find:
        identity = pins.pinned(find, config.matrix.user_id)
    return House(
        config.house.scheme,
        ZoneInfo(config.house.zone),
        config.matrix.user_id,
        config.house.name,
        identity or "",
        _schemes(config),
        has_board=config.board.address is not None,
    )


def _schemes(config: Config) -> dict[str, Scheme]:
    """What is particular to the house's own scheme, and to each that has a table of its own."""
    house = config.house
    named = {house.scheme: SchemeSection(), **config.scheme}
    return {
        name: scheme_of(given, country=house.country, language=house.language, mode=house.mode, polls=house.polls)
        for name, given in named.items()
    }

"""Whatever looks at a message takes a time that grows with its length, and no faster: nobody can freeze the bot."""

import math
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from random import Random

import pytest

from bot.matrix.hearing import _pills
from cases.errors import Refusal
from cases.time import read_past, read_span, read_when, shorten
from chat import lines, render
from chat.arguments import plain
from chat.incoming import Incoming
from chat.keys import find_stray
from chat.languages import ENGLISH
from chat.lookup import Lookup
from chat.reading import addressed, beginning, normalise, prefixed, read, suggest, take_fields
from chat.recurrence import read_rhythm
from commands import registry_of_all
from commands.planning import availability
from storage.find import Directory
from tests.chat.test_reading import AMSTERDAM, NOW, context
from tests.hostile_texts import SIZE, TEXTS, composed
from tests.room import Conference, user

# What is counted line by line is timed ten times as slow as it is.
pytestmark = pytest.mark.no_cover

REGISTRY = registry_of_all()
VOICE = render.Voice(Directory({}, {}), AMSTERDAM)
QUICK = 0.05
"""Seconds of CPU: what takes less is not worth measuring its growth."""
SLOWEST = 1.0
"""Seconds of CPU for one reader and the longest message, on a busy machine."""
GROWTH = 9
"""Four times as long for four times as much; a square would be sixteen times."""
TRIES = 5
"""Whatever seems too slow is looked at again: another process may have been in the way."""
SEARCH_SECONDS = 6
SEED = 10


def heard(text: str, *, direct: bool = True, card: bool = True) -> str | None:
    return addressed(
        text,
        bot_id="@bot:example.org",
        bot_name="Roundtable",
        is_direct=direct,
        is_reply_to_card=card,
        is_mentioned=True,
    )


def reading(path: str) -> Callable[[str], object]:
    """As a command reads what is typed behind its word."""
    known = replace(context(card="R-1"), vocabulary=REGISTRY.keys())
    return lambda text: read(REGISTRY.commands[path].arguments, text, known)


def _refusing(look: Callable[[], object]) -> None:
    with suppress(Refusal):
        look()


READERS: dict[str, Callable[[str], object]] = {
    "normalise": normalise,
    "addressed": heard,
    "beginning": beginning,
    "talk": lambda text: heard(text, direct=False, card=False),
    "prefixed": prefixed,
    "split": lambda text: lines.split(normalise(text), prefixed, REGISTRY.begins, notes=True),
    "note line": lines.note_line,
    "match": REGISTRY.match,
    "suggest": lambda text: suggest(text, REGISTRY.words()),
    "fields": lambda text: take_fields(text, ("because", "by", "see", "for")),
    **{path: reading(path) for path in ("concern", "request", "partly", "roundtable plan", "case open", "available")},
    "strays": lambda text: find_stray(text, {"because": "because"}, REGISTRY.keys(), (ENGLISH,)),
    "plain": plain,
    "date": lambda text: read_when(text, now=NOW, zone=AMSTERDAM),
    "span": lambda text: read_span(text, now=NOW, zone=AMSTERDAM),
    "past": lambda text: read_past(text, now=NOW, zone=AMSTERDAM),
    "rhythm": read_rhythm,
    "availability": lambda text: (availability.command(text), availability.read(text, [1, 2, 3])),
    "people": Lookup(Directory({}, {})).people,
    "pills": _pills,
    "shorten": shorten,
    "rendering": lambda text: VOICE.message("failed", {"reference": normalise(text)}),
}


def seconds(look: Callable[[str], object], text: str) -> float:
    """The CPU time that it takes once."""
    began = time.process_time()
    _refusing(lambda: look(text))
    return time.process_time() - began


def complaint(look: Callable[[str], object], make: Callable[[int], str]) -> str | None:
    """What is wrong with the time for such a text, however often it is measured."""
    whole = quarter = math.inf
    for _ in range(TRIES):
        whole = min(whole, seconds(look, make(SIZE)))
        if whole < QUICK:
            return None
        quarter = min(quarter, seconds(look, make(SIZE // 4)))
        if whole < min(SLOWEST, GROWTH * quarter):
            return None
    return f"takes {quarter:.3f} s, then {whole:.3f} s"


@pytest.mark.parametrize("reader", READERS)
def test_no_text_takes_a_reader_more_than_its_length(reader: str) -> None:
    found = {name: complaint(READERS[reader], make) for name, make in TEXTS.items()}
    assert {name: told for name, told in found.items() if told} == {}


def test_a_square_is_found() -> None:
    assert complaint(lambda text: [text.count("x") for _ in text[::8]], "x".__mul__)


def test_the_worst_text_that_a_search_finds_is_quick() -> None:
    random = Random(SEED)  # noqa: S311 - the same search each time
    until = time.process_time() + SEARCH_SECONDS
    while time.process_time() < until:
        text = composed(random)(SIZE)
        for reader, look in READERS.items():
            assert any(seconds(look, text) < SLOWEST for _ in range(TRIES)), (reader, text[:200])


async def is_done_within(limit: float, do: Callable[[], Awaitable[object]]) -> bool:
    """Whether it takes so little CPU time, at one of a few tries."""
    for _ in range(TRIES):
        began = time.process_time()
        await do()
        if time.process_time() - began < limit:
            return True
    return False


async def test_who_is_not_trusted_is_heard_by_the_beginning_only(table: Conference) -> None:
    room = await table.open_case()
    await table.dispatcher.is_meant(Incoming("$0", f"!{room}:example.org", user("ada"), "talk"))
    for name, make in TEXTS.items():
        incoming = Incoming("$1", f"!{room}:example.org", user("ada"), make(SIZE))
        assert await is_done_within(QUICK, partial(table.dispatcher.is_meant, incoming)), name


@pytest.mark.parametrize("who", ["ada", "mallory"])
async def test_no_message_keeps_the_dispatcher_busy(table: Conference, who: str) -> None:
    room = await table.open_case()
    for name, make in TEXTS.items():
        assert await is_done_within(SLOWEST, partial(table.say, who, make(SIZE), room=room)), name

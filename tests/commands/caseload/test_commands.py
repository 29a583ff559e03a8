from dataclasses import replace

import pytest

from cases.scheme import Scheme
from chat.dispatch import Dispatcher
from commands import registry_of_all
from tests.room import Conference, user

CANARY = "kanarie"


@pytest.fixture
async def three(table: Conference, monkeypatch: pytest.MonkeyPatch) -> Conference:
    """Three cases: of K7QF something of Police is late, M3XP has a table ahead, T4BB belongs to youth crime."""
    refs = iter(("K7QF", "M3XP", "T4BB"))
    monkeypatch.setattr("commands.case.named.new_reference", lambda: next(refs))
    await table.open_case(agencies="police, school")
    await table.open_case(agencies="police, health")
    await table.say(
        "cleo",
        f"!case open why: {CANARY} goal: {CANARY} agencies: youth, school scheme: youth crime",
        room="coordination",
    )
    await table.say("hugo", f"!action {CANARY} him for: police by: fri 15:00", room="case:K7QF")
    await table.say("ada", "!roundtable 27 nov 10:00 where: the town hall", room="case:M3XP")
    table.later(days=5)
    return table


async def ask(table: Conference, text: str, who: str = "cleo") -> str:
    return (await table.answer(who, text, room="coordination")).text


def steered_by(table: Conference, **coordinators: str) -> None:
    """From now on each scheme has a coordinator of its own."""
    table.house = replace(
        table.house,
        schemes={name.replace("_", " "): Scheme(coordinators=(user(who),)) for name, who in coordinators.items()},
    )
    table.dispatcher = Dispatcher(registry_of_all(), table.store, table.house, lambda: table.now)


async def test_a_digest_has_the_top_of_all_that_is_unresolved(three: Conference) -> None:
    said = await ask(three, "!digest")
    assert said == (
        "3 open cases · 1 with something late\n"
        "Overdue\n"
        "K7QF · 2 late · since Thu 5 Nov 2026\n\n"
        "Waiting for\n"
        "Police · 1 open item (1 late) · K7QF\n"
        "Social services · 1 open item (1 late) · K7QF\n\n"
        "Next tables\n"
        "M3XP · M-1 · Fri 27 Nov 2026, 10:00\n\n"
        "One review date for several:  !review DATE cases: REF, REF because: …"
    )
    assert CANARY not in said


async def test_what_is_silent_and_not_reviewed_is_in_it_and_each_list_is_short(table: Conference) -> None:
    for _ in range(8):
        await table.open_case(agencies="police, health")
    table.later(days=40)
    said = await ask(table, "!digest")
    assert "8 open cases · 8 with something late · 8 to be reviewed · 8 silent" in said
    assert "and 3 more:  !case list silent" in said
    assert "and 3 more:  !case list review due" in said
    assert said.count("for 40 days") == 5


async def test_with_nothing_unresolved_it_says_so(table: Conference) -> None:
    assert await ask(table, "!digest") == "0 open cases\nNothing is unresolved."


async def test_a_coordinator_sees_their_own_schemes_only(three: Conference) -> None:
    steered_by(three, safety_table="cleo", youth_crime="dirk")
    three.later(days=30)
    for line in ("!digest", "!case list", "!case list silent", "!case list police", "!case list scheme: youth crime"):
        assert "T4BB" not in await ask(three, line)
    assert "K7QF" in await ask(three, "!case list")


@pytest.mark.parametrize("who", ["ada", "bram", "kees"])
async def test_nobody_else_sees_any_of_it(three: Conference, who: str) -> None:
    for line in ("!digest", "!case list late"):
        said = await ask(three, line, who)
        assert "Here this is for: coordinator." in said
        assert "K7QF" not in said
    for line in ("!digest", "!case list late"):
        assert "K7QF" not in await three.answer("cleo", line, room="case:M3XP")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("late", ["K7QF"]),
        ("overdue", ["K7QF"]),
        ("te laat", ["K7QF"]),
        ("late police", ["K7QF"]),
        ("late agency: school", []),
        ("agency: school", ["K7QF", "T4BB"]),
        ("agency: school, youth", ["T4BB"]),
        ("youth", ["T4BB"]),
        ("scheme: youth crime", ["T4BB"]),
        ("scheme: Youth Crime late", []),
        ("director: Cleo", ["K7QF", "M3XP", "T4BB"]),
        ("director: Ada", []),
        ("phase: gather", ["K7QF", "M3XP", "T4BB"]),
        ("decide", []),
        ("agency: police late", ["K7QF"]),
        ("phase: gather agency: Health service", ["M3XP"]),
        ("late Health Service", []),
        ("table agency: health", ["M3XP"]),
        ("team", []),
        ("silent", []),
        ("review due", []),
        ("urgent", []),
        ("late, and police please", ["K7QF"]),
    ],
)
async def test_a_list_is_narrowed_by_what_people_type(three: Conference, typed: str, shown: list[str]) -> None:
    said = await ask(three, f"!case list {typed}")
    assert [ref for ref in ("K7QF", "M3XP", "T4BB") if ref in said] == shown
    assert f"{len(shown)} of 3 open cases" in said
    assert ("No case is like that now. All of them:  !case list" in said) == (not shown)
    assert CANARY not in said


async def test_what_is_urgent_silent_or_not_reviewed_is_found(three: Conference) -> None:
    await three.say("ada", f"!urgent {CANARY} on the roof", room="case:M3XP")
    assert "M3XP" in await ask(three, "!case list urgent agency: health")
    assert "M3XP" in (await ask(three, "!digest")).partition("Overdue")[0]
    three.later(days=24)
    await three.say("ada", "!concern he is back", room="case:M3XP")
    said = await ask(three, "!case list silent, review due")
    assert ["K7QF" in said, "M3XP" in said] == [True, False]


@pytest.mark.parametrize(("typed", "nearest"), [("slient", "silent"), ("overdeu", "late"), ("polise", "police")])
async def test_a_slip_gets_a_suggestion_and_nothing_is_listed(three: Conference, typed: str, nearest: str) -> None:
    said = await ask(three, f"!case list {typed}")
    assert f"Did you mean  !case list {nearest} ?" in said
    assert "K7QF" not in said


async def test_what_is_no_filter_is_not_repeated(three: Conference) -> None:
    said = await ask(three, f"!case list {CANARY}")
    assert said.startswith("I don't know one of these filters.\nFilters, also several together: late, urgent")
    assert CANARY not in said


async def test_somebody_elses_scheme_is_none(three: Conference) -> None:
    steered_by(three, safety_table="cleo", youth_crime="dirk")
    assert await ask(three, "!case list scheme: youth crime") == (
        "You coordinate no scheme of that name.\nYours are: safety table"
    )

"""Two persons kept apart: item by item, with the agreement of who brought it, and neither room names the other."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from cases.scheme import Scheme
from commands.poll.jobs import keep_polls
from commands.practice import rules as practice
from commands.separation import links
from commands.separation.rules import Allocation
from storage import tables
from storage.check import _list_sealed
from storage.database import url_of
from storage.store import Store
from tests.room import Conference, Said, user
from tests.storage.examples import MASTER


async def separate(table: Conference, room: str, *, who: str = "cleo", line: str = "two brothers") -> str:
    """Set up the second case, and let who is invited come in; its channel."""
    said = await table.say(who, f"!separate because: {line}", room=room)
    other = next(s.channel for s in said if s.channel.startswith("case:") and s.channel != room)
    await table.comings.joined(f"!{other}:example.org", invited(table, other), f"join {other}")
    await table.deliver()
    return other


def invited(table: Conference, channel: str) -> tuple[str, ...]:
    return tuple(person for where, person in table.invited if where == channel)


def last(table: Conference, channel: str) -> Said:
    return [s for s in table.heard if s.channel == channel][-1]


def ref_of(channel: str) -> str:
    return channel.partition(":")[2]


async def test_the_second_case_is_for_who_steers_and_says_nothing_of_the_first(table: Conference) -> None:
    room = await table.open_case()
    since = len(table.heard)
    other = await separate(table, room, line="CANARY-WHY, the younger one must not know")
    here, there = ref_of(room), ref_of(other)
    assert invited(table, other) == (user("cleo"),)
    said = table.heard[since:]
    assert any("second case" in s and "CANARY-WHY" in s for s in said if s.channel == room)
    assert [s for s in said if there in s.text + s.html and s.channel != other] == []
    assert [s for s in said if s.channel == other and (here in s.text + s.html or "CANARY-WHY" in s)] == []
    assert {s.channel for s in said} == {room, other}


async def test_what_the_second_table_is_for_can_be_said_at_once(table: Conference) -> None:
    room = await table.open_case()
    other = await separate(table, room, line="two brothers why: he is nine, and alone goal: a safe home")
    case = await table.case(other)
    assert (case.why, case.goal) == ("he is nine, and alone", "a safe home")


async def test_what_is_practised_stays_practice(table: Conference) -> None:
    said = await table.say("cleo", "!practice open", room="coordination")
    room = next(s.channel for s in said if s.channel.startswith("case:"))
    await table.comings.joined(f"!{room}:example.org", invited(table, room), "came")
    other = await separate(table, room)
    assert practice.is_practice(await table.case(other))


@pytest.mark.parametrize("line", ["!separate because: two brothers", "!allocate C-1 there"])
async def test_only_who_steers_or_chairs_divides_a_case(table: Conference, line: str) -> None:
    room = await table.open_case()
    if "allocate" in line:
        await table.say("ada", "!concern he steals kind: fact", room=room)
        await separate(table, room)
    refused = await table.answer("ada", line, room=room)
    assert "Cleo Bakker" in refused
    assert "Nothing was changed" in refused
    await table.say("cleo", "!roundtable tomorrow 10:00 chair: Ada Jansen", room=room)
    assert "Nothing was changed" not in await table.answer("ada", line, room=room)


async def test_a_chair_does_not_sit_in_the_second_case(table: Conference) -> None:
    room = await table.open_case()
    await table.say("cleo", "!roundtable tomorrow 10:00 chair: Ada Jansen", room=room)
    other = await separate(table, room, who="ada")
    assert invited(table, other) == (user("cleo"),)
    await table.say("ada", "!concern he steals kind: fact", room=room)
    await table.say("ada", "!allocate C-1 there", room=room)
    assert [c.about for c in (await table.case(other)).records() if c.id == "C-1"] == ["he steals"]  # type: ignore[attr-defined]


async def test_what_is_moved_is_there_with_its_author_and_date_and_here_no_more(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!concern CANARY-MOVED kind: fact source: CANARY-SOURCE", room=room)
    said_at = table.now
    other = await separate(table, room)
    table.later(days=1)
    await table.say("cleo", "!allocate C-1 there", room=room)
    assert "CANARY-MOVED" in last(table, other)
    moved = next(r for r in (await table.case(other)).records() if r.id == "C-1")
    assert (moved.by, moved.agency, moved.at) == (user("dirk"), "social", said_at)
    since = len(table.heard)
    for line in ("!status", "!timeline", "!next", "!followups", "!allocate", "!correct C-1 new words", "!undo"):
        await table.say("dirk", line, room=room)
    assert [s.text for s in table.heard[since:] if "CANARY" in s.text + s.html] == []
    # With the first case's key nothing of it can be read any more.
    with table.store.look() as find:
        sealed = [row for row in _list_sealed(find.connection) if row[0] == ref_of(room)]
    opened = [table.store.ring.open(v, scope=s, place=p, row=r) for s, p, r, v in sealed]
    assert [text for text in opened if "CANARY" in text] == []


async def test_the_bots_cards_about_what_was_moved_are_removed_also_elsewhere(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!request police any calls? because: the plan", room=room)
    cards = {(s.channel, s.event_id) for s in table.heard if s.subject == "R-1"}
    assert {channel for channel, _ in cards} == {room, "agency:police"}
    await table.say("ada", "!answer R-1 two", room="agency:police")
    await separate(table, room)
    await table.say("cleo", "!allocate R-1 there", room=room)
    await table.say("ada", "!accept K-1", room="agency:police")
    assert cards <= set(table.retracted)


async def test_what_stays_stays_and_what_is_in_both_is_in_both(table: Conference) -> None:
    room = await table.open_case()
    for text in ("here", "twice"):
        await table.say("dirk", f"!concern CANARY-{text} kind: fact", room=room)
    other = await separate(table, room)
    await table.say("cleo", "!allocate C-1 here", room=room)
    said = await table.answer("cleo", "!allocate C-2 both", room=room)
    assert "Nothing is left" in said
    here, there = await table.case(room), await table.case(other)
    assert {c.id for c in here.records() if not c.withdrawn and c.id[0] == "C"} == {"C-1", "C-2"}
    assert "CANARY-twice" in last(table, other)
    assert [r.about for r in there.records() if r.id[0] == "C"] == ["CANARY-twice"]  # type: ignore[attr-defined]
    # Who changes their mind about what stayed can; what is in both is.
    assert "both cases already" in await table.answer("cleo", "!allocate C-2 here", room=room)
    assert "moved" in await table.answer("cleo", "!allocate C-1 there", room=room)


async def test_until_all_is_allocated_it_is_unresolved_and_the_case_stays_open(table: Conference) -> None:
    room = await table.open_case()
    for who in ("dirk", "ada"):
        await table.say(who, "!concern he steals kind: fact", room=room)
    await separate(table, room)
    await table.say("dirk", "!concern raised after it kind: fact", room=room)
    listed = await table.answer("cleo", "!allocate", room=room)
    assert "C-1, C-2" in listed
    assert "C-3" not in listed
    for line in ("!next", "!followups"):
        said = (await table.answer("ada", line, room=room)).text
        assert "say where C-1 belongs" in said
        assert "say where C-2 belongs" in said
    assert "2 records to allocate" in await table.answer("ada", "!status", room=room)
    refused = await table.answer("cleo", "!close because: done owner: social informed: yes", room=room)
    assert "say where C-1 belongs" in refused.text.replace("\n", " ")
    assert "First the separation" in await table.answer("cleo", "!separate because: a third", room=room)
    await table.say("cleo", "!allocate C-1 here", room=room)
    assert "C-1" not in await table.answer("cleo", "!allocate", room=room)
    await table.say("cleo", "!allocate C-2 here", room=room)
    assert "say where" not in (await table.answer("ada", "!next", room=room)).text
    # Then a third one can be set up.
    await separate(table, room)


async def test_what_another_agency_brought_goes_only_with_its_agreement(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!request health was he seen? because: the plan", room=room)
    await table.say("finn", "!answer R-1 CANARY-HEALTH", room="agency:health")
    other = await separate(table, room)
    said = await table.say("cleo", "!allocate R-1 both", room=room)
    asked = {s.channel: s for s in said if s.subject == "K-1" and s.channel.startswith("agency:")}
    assert asked.keys() == {"agency:police", "agency:health"}
    assert all(ref_of(other) not in s.text + s.html for s in said)
    assert "waits for" in await table.answer("cleo", "!allocate", room=room)
    assert "accept or decline K-1" in (await table.answer("finn", "!next", room=room)).text.replace("\n", " ")
    await table.say("ada", "agree", room="agency:police", replies_to=asked["agency:police"])
    assert [r for r in (await table.case(other)).records() if r.id[0] == "R"] == []
    said = await table.say("finn", "accept", room="agency:health", replies_to=asked["agency:health"])
    assert [s for s in said if ref_of(other) in s.text + s.html and s.channel != other] == []
    assert {r.id for r in (await table.case(other)).records() if r.id[0] == "R"} == {"R-1", "R-1/1"}
    assert "settled already" in await table.answer("finn", "!accept K-1", room="agency:health")


async def test_one_no_keeps_it_here_with_the_reason_told(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!concern CANARY-POLICE kind: fact", room=room)
    other = await separate(table, room)
    await table.say("cleo", "!allocate C-1 there", room=room)
    said = await table.say("ada", "!decline K-1 it is not about him", room="agency:police")
    told = next(s for s in said if s.channel == room)
    assert "Police does not agree" in told
    assert "it is not about him" in told
    assert user("cleo") in told.mentions
    assert "CANARY" not in await words_of(table, other)
    # It is still to be said where it belongs, and asked for again or left here.
    assert "C-1" in await table.answer("cleo", "!allocate", room=room)
    await table.say("cleo", "!allocate C-1 both", room=room)
    assert "stays here" in await table.answer("cleo", "!allocate C-1 here", room=room)
    assert "settled already" in await table.answer("ada", "!accept K-2", room="agency:police")
    assert "CANARY" not in await words_of(table, other)


async def words_of(table: Conference, channel: str) -> str:
    """All that is on file of a case."""
    with table.store.look() as find:
        sealed = [row for row in _list_sealed(find.connection) if row[0] == ref_of(channel)]
    return "\n".join(table.store.ring.open(v, scope=s, place=p, row=r) for s, p, r, v in sealed)


async def test_others_are_neither_asked_nor_heard(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!concern he steals kind: fact", room=room)
    other = await separate(table, room)
    said = await table.say("cleo", "!allocate C-1 there", room=room)
    assert [s.channel for s in said if s.channel.startswith("agency:")] == ["agency:police"]
    assert "not asked" in await table.answer("finn", "!accept K-1", room=room)
    refused = await table.answer("finn", "!accept K-1", room="agency:health")
    assert ref_of(room) not in refused.text
    assert ref_of(other) not in refused.text


async def test_an_agency_answers_by_a_tap(table: Conference) -> None:
    table = Conference(table.store, replace(table.house, schemes={"safety table": Scheme(polls=True)}))
    room = await table.open_case()
    await table.say("ada", "!concern he steals kind: fact", room=room)
    other = await separate(table, room)
    await table.say("cleo", "!allocate C-1 there", room=room)
    keep_polls(table.sweeps.begin())
    await table.deliver()
    poll = next(said for said, _ in table.polls if said.channel == "agency:police")
    assert ref_of(other) not in poll.text
    await table.tap("ada", poll, "It may go")
    assert "C-1" in {r.id for r in (await table.case(other)).records()}


async def test_who_said_more_to_it_since_it_was_asked_is_asked_too(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!action visit him for: health by: fri 15:00", room=room)
    await table.say("finn", "!done A-1 CANARY-DONE", room=room)
    other = await separate(table, room)
    await table.say("cleo", "!allocate A-1 both", room=room)
    await table.say("ada", "!accept K-1", room="agency:police")
    assert "CANARY" not in await words_of(table, other)
    await table.say("finn", "!accept K-1", room="agency:health")
    assert "CANARY-DONE" in await words_of(table, other)


async def test_neither_journal_holds_the_others_reference(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!concern he steals kind: fact", room=room)
    other = await separate(table, room)
    await table.say("cleo", "!allocate C-1 both", room=room)
    here, there = ref_of(room), ref_of(other)
    assert here not in await words_of(table, other)
    assert there not in await words_of(table, room)
    # Nor does a cell in clear have both: only the house's key opens which belongs to which.
    with table.store.engine.connect() as connection:
        for kept in tables.metadata.sorted_tables:
            for row in connection.execute(sa.select(kept)):
                assert not (here in str(row) and there in str(row)), kept.name
    with table.store.look() as find:
        (link,) = links.links_of(find, here)
        assert (link.other, links.links_of(find, there)) == (there, [])


async def test_another_process_goes_on_with_it(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!concern he steals kind: fact", room=room)
    other = await separate(table, room)
    await table.say("cleo", "!allocate C-1 there", room=room)
    again = Conference(Store.open(url_of(table.store.engine), MASTER), table.house, now=table.now)
    again._ids = table._ids
    try:
        await again.say("ada", "!accept K-1", room="agency:police")
        assert "C-1" in {r.id for r in (await again.case(other)).records()}
        case = await again.case(room)
        assert [one.state for one in case.all(Allocation)] == ["done"]
        assert case.all(type(next(r for r in case.records() if r.id == "C-1")))[0].withdrawn
    finally:
        again.store.close()


async def test_a_second_case_that_takes_nothing_more_says_nothing_of_itself(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!concern he steals kind: fact", room=room)
    other = await separate(table, room)
    await table.damage(ref_of(other))
    refused = await table.answer("cleo", "!allocate C-1 there", room=room)
    assert ref_of(other) not in refused.text + refused.html
    assert "can’t take C-1 now" in refused
    await table.mend(ref_of(other))
    assert "he steals" in await words_of(table, room)


async def test_nor_does_one_that_is_full_or_closed(table: Conference, monkeypatch: pytest.MonkeyPatch) -> None:
    room = await table.open_case()
    await table.say("dirk", "!concern he steals kind: fact", room=room)
    other = await separate(table, room)
    for number in range(30):
        await table.say("cleo", f"!concern number {number} kind: fact", room=other)
    with monkeypatch.context() as full:
        full.setattr("cases.case.MOST_STEPS", len((await table.case(other)).steps))
        refused = [await table.answer("cleo", "!allocate C-1 there", room=room)]
    closed = "!close because: goal met owner: social informed: yes"
    assert "is closed" in await table.answer("cleo", closed, room=other)
    refused.append(await table.answer("cleo", "!allocate C-1 there", room=room))
    for said in refused:
        assert "can’t take C-1 now" in said
        assert ref_of(other) not in said.text + said.html
    assert "he steals" in await words_of(table, room)


async def test_where_it_belongs_is_said_in_dutch_too(table: Conference) -> None:
    table = Conference(table.store, replace(table.house, schemes={"safety table": Scheme(language="nl")}))
    room = await table.open_case()
    for text in ("een", "twee", "drie"):
        await table.say("dirk", f"!concern {text} kind: fact", room=room)
    await separate(table, room)
    for number, where in enumerate(("hier", "daar", "beide"), 1):
        await table.say("cleo", f"!allocate C-{number} {where}", room=room)
    assert [one.to for one in (await table.case(room)).all(Allocation)] == ["here", "there", "both"]

# lines: everything that comes of one deletion, told in order from the message to the wiping
"""What somebody deletes in Element is off the file, and the bot's own messages about it are deleted, too."""

import re

import pytest
import sqlalchemy as sa

from cases.roles import Role
from commands.action.rules import Action
from commands.concern.rules import Concern
from commands.erasure.deletions import MOST_AN_HOUR, Doubt
from commands.minutes.rules import Version
from commands.request.rules import Answer, Request, State
from commands.roundtable.rules import Note, RoundTable
from storage import tables
from tests.room import Conference, Said, user


async def delete(
    table: Conference, who: str, event_id: str, room: str, doubt: Doubt | None = None, *, times: int = 1
) -> list[Said]:
    cause = f"$deleted{who}{event_id}{times}"
    await table.deleting.deleted(f"!{room}:example.org", user(who), event_id, cause, doubt)
    return await table.deliver()


def by_channel(said: list[Said]) -> dict[str, Said]:
    return {one.channel: one for one in said}


async def test_a_deleted_concern_is_off_the_file_and_its_card_is_deleted(table: Conference) -> None:
    room = await table.open_case()
    [card] = await table.say("dirk", "!concern sleeps in a car kind: fact", room=room, event_id="$1")
    [told, direct] = await delete(table, "dirk", "$1", room)
    assert direct.channel == f"direct:{user('dirk')}"
    assert direct.text == told.text
    assert told.text == (
        "Dirk Smit (Social services) deleted a message. What it said is off the file:\n"
        f"C-1 · {room.removeprefix('case:')}\n\n"
        "It is wiped for good on Mon 9 Nov 2026. Copies on phones and computers can't be called back.\n"
        f"You did not delete it? Until then, here or in our direct chat:  !restore C-1 {room.removeprefix('case:')}"
    )
    assert table.retracted == [(room, card.event_id)]
    for question in ("!status", "!timeline", "!followups", "!next"):
        assert "car" not in await table.answer("hugo", question, room=room)
    assert ("erase", "done") in await table.outcomes()


async def test_what_somebody_else_deletes_stays_on_file_and_its_author_is_asked(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!concern sleeps in a car kind: fact", room=room, event_id="$1")
    told = by_channel(await delete(table, "ada", "$1", room))
    assert told.keys() == {room, f"direct:{user('dirk')}", "admin"}
    assert "It was not your account that deleted it." in told[room]
    assert (await table.case(room)).all(Concern)[0].about == "sleeps in a car"
    assert table.retracted == []


async def test_an_answer_from_an_agencys_own_room_goes_from_the_case_room_too(table: Conference) -> None:
    room = await table.open_case()
    asked = await table.say("dirk", "!request health was he seen? because: we plan a visit", room=room)
    card = next(said for said in asked if said.channel == "agency:health")
    given = await table.say("gina", "answer twice in May", room="agency:health", replies_to=card, event_id="$2")
    told = await delete(table, "gina", "$2", "agency:health")
    assert {said.channel for said in told} == {room, "agency:health", f"direct:{user('gina')}"}
    assert sorted(table.retracted) == sorted((said.channel, said.event_id) for said in given)
    assert (await table.case(room)).all(Answer)[0].text == "[…]"


async def test_what_was_deleted_is_not_brought_back_by_undo(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!concern sleeps in a car kind: fact", room=room, event_id="$1")
    await delete(table, "dirk", "$1", room)
    said = await table.answer("dirk", "!undo", room=room)
    assert said.text.endswith("Nothing was changed.")
    concern = (await table.case(room)).all(Concern)[0]
    assert (concern.about, concern.withdrawn) == ("[…]", True)


async def test_every_line_is_erased_also_when_a_crash_had_the_bot_hear_them_at_two_times(table: Conference) -> None:
    room = await table.open_case()
    await table.say("hugo", "!roundtable thu 10:00", room=room)
    table.later(days=3)
    await table.say("hugo", "!roundtable start", room=room)
    await table.say("hugo", "note: sleeps in a car", room=room, event_id="$1")
    table.later(minutes=1)
    await table.say("hugo", "note: sleeps in a car\nnote: parks at the lake", room=room, event_id="$1")
    await delete(table, "hugo", "$1", room)
    assert [note.text for note in (await table.case(room)).all(Note)] == ["[…]", "[…]"]


async def test_what_was_refused_is_deleted_with_the_message(table: Conference) -> None:
    room = await table.open_case()
    [refused] = await table.say("dirk", "!request Sem Bakker was he seen? because: we worry", room=room, event_id="$1")
    assert await delete(table, "ada", "$1", room) == []
    assert table.retracted == []
    assert await delete(table, "dirk", "$1", room) == []
    assert table.retracted == [(room, refused.event_id)]


async def test_what_still_waits_to_be_said_is_not_said_any_more(table: Conference) -> None:
    room = await table.open_case()
    await table.dispatcher.handle(table.incoming("dirk", "!concern sleeps in a car kind: fact", room, "$1"))
    said = await delete(table, "dirk", "$1", room)
    assert {one.channel for one in said} == {room, f"direct:{user('dirk')}"}
    assert {one.text.split("\n")[0] for one in said} == {
        "Dirk Smit (Social services) deleted a message. What it said is off the file:"
    }


async def test_the_answer_to_a_deleted_question_to_the_bot_is_deleted_without_a_word(table: Conference) -> None:
    room = await table.open_case()
    [status] = await table.say("dirk", "!status", room=room, event_id="$1")
    assert await delete(table, "dirk", "$1", room) == []
    assert table.retracted == [(room, status.event_id)]


async def test_a_deletion_is_carried_out_once(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!concern sleeps in a car kind: fact", room=room, event_id="$1")
    assert len(await delete(table, "dirk", "$1", room)) == 2
    assert await delete(table, "dirk", "$1", room) == []


async def test_the_author_has_back_what_somebody_else_deleted(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!concern sleeps in a car kind: fact", room=room, event_id="$1")
    await delete(table, "dirk", "$1", room)
    refused = await table.answer("ada", "!restore C-1", room=room)
    assert "Nothing was changed" in refused
    assert "car" not in refused
    assert "C-1 is back on file, as you wrote it." in await table.answer("dirk", "!restore C-1", room=room)
    assert (await table.case(room)).all(Concern)[0].about == "sleeps in a car"


async def test_after_a_week_it_is_wiped_for_good(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!concern sleeps in a car kind: fact", room=room, event_id="$1")
    await delete(table, "dirk", "$1", room)
    table.later(days=7)
    await table.sweeps.run()
    await table.deliver()
    case = await table.case(room)
    assert "car" not in str([step.before for step in case.steps])
    assert ("wipe", "done") in await table.outcomes()
    assert "Nothing was changed" in await table.answer("dirk", "!restore C-1", room=room)
    assert "deleted what was said in C-1" in await table.answer("dirk", "!timeline", room=room)


@pytest.mark.parametrize("where", ["case", "agency", "direct"])
async def test_the_author_has_it_back_from_each_of_the_rooms_where_it_was_told(table: Conference, where: str) -> None:
    room = await table.open_case()
    ref = room.removeprefix("case:")
    asked = await table.say("dirk", "!request health was he seen? because: we plan a visit", room=room)
    card = next(said for said in asked if said.channel == "agency:health")
    await table.say("gina", "answer twice in May", room="agency:health", replies_to=card, event_id="$2")
    told = by_channel(await delete(table, "gina", "$2", "agency:health"))
    place = {"case": room, "agency": "agency:health", "direct": f"direct:{user('gina')}"}[where]
    assert f"!restore R-1 {ref}" in told[place]
    assert "twice in May" not in str(told)
    said = by_channel(await table.say("gina", "restore", room=place, replies_to=told[place]))
    assert "R-1 is back on file, as you wrote it." in said[place]
    assert "R-1 is back on file" in said[room]
    case = await table.case(room)
    assert (case.all(Answer)[0].text, case.all(Request)[0].state) == ("twice in May", State.ANSWERED)


async def test_who_was_released_has_it_back_by_direct_chat(table: Conference) -> None:
    room = await table.open_case()
    ref = room.removeprefix("case:")
    await table.say("dirk", "!concern sleeps in a car kind: fact", room=room, event_id="$1")
    await table.say("cleo", f"!case release {ref} Dirk Smit because: he is on leave", room="coordination")
    direct = f"direct:{user('dirk')}"
    told = by_channel(await delete(table, "dirk", "$1", room))
    assert f"!restore C-1 {ref}" in told[direct]
    for typed, card in (("restore", told[direct]), (f"!restore C-1 {ref}", None)):
        assert "C-1 is back on file" in await table.answer("dirk", typed, room=direct, replies_to=card)
        assert (await table.case(room)).all(Concern)[0].about == "sleeps in a car"
        await delete(table, "dirk", "$1", room, times=2)
    with table.store.look() as find:
        readers = find.rows(sa.select(tables.outbox.c.scope).where(tables.outbox.c.channel == direct))
    assert {row.scope for row in readers} == {"house"}, "what is about the case has no key for who left it"


async def test_who_changed_agency_and_role_has_it_back(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!concern sleeps in a car kind: fact", room=room, event_id="$1")
    await delete(table, "dirk", "$1", room)
    with table.store.update() as session:
        moved = sa.update(tables.professionals).where(tables.professionals.c.user_id == user("dirk"))
        session.execute(moved.values(agency="health", role=Role.MANAGER))
    direct = f"direct:{user('dirk')}"
    assert "C-1 is back on file" in await table.answer("dirk", "!restore C-1", room=direct)
    refused = await table.answer("ella", "!restore C-1", room=f"direct:{user('ella')}")
    assert "Nothing was changed" in refused


async def test_of_two_cases_the_one_that_is_meant_is_asked_for(table: Conference) -> None:
    rooms = [await table.open_case(), await table.open_case()]
    for number, room in enumerate(rooms):
        await table.say("dirk", "!concern sleeps in a car kind: fact", room=room, event_id=f"${number}")
        await delete(table, "dirk", f"${number}", room)
    direct = f"direct:{user('dirk')}"
    refused = await table.answer("dirk", "!restore C-1", room=direct)
    assert all(f"!restore C-1 {room.removeprefix('case:')}" in refused for room in rooms)
    await table.say("dirk", f"!restore C-1 {rooms[1].removeprefix('case:').lower()}", room=direct)
    assert [(await table.case(room)).all(Concern)[0].withdrawn for room in rooms] == [True, False]


@pytest.mark.parametrize("doubt", [Doubt.DEVICE, Doubt.IDENTITY])
@pytest.mark.parametrize("confirmed", ["yes", "Delete.", "!erase C-1"])
async def test_what_an_account_in_doubt_deletes_stays_until_its_author_confirms(
    table: Conference, doubt: Doubt, confirmed: str
) -> None:
    room = await table.open_case()
    [card] = await table.say("dirk", "!concern sleeps in a car kind: fact", room=room, event_id="$1")
    told = by_channel(await delete(table, "dirk", "$1", room, doubt))
    assert told.keys() == {room, f"direct:{user('dirk')}", "admin"}
    assert told["admin"].mentions == (user("kees"),)
    assert "car" not in str(told)
    assert "C-1" not in told["admin"]
    assert "!erase C-1" in told[room]
    assert (await table.case(room)).all(Concern)[0].about == "sleeps in a car"
    assert table.retracted == []
    assert ("erase", "erasure/asked") in await table.outcomes()
    assert await delete(table, "dirk", "$1", room, doubt, times=2) == [], "asked once"
    reply = None if confirmed.startswith("!") else told[room]
    await table.say("ada", confirmed, room=room, replies_to=reply)
    assert (await table.case(room)).all(Concern)[0].about == "sleeps in a car", "only its author confirms"
    said = by_channel(await table.say("dirk", confirmed, room=room, replies_to=reply))
    assert "is off the file" in said[room]
    assert (await table.case(room)).all(Concern)[0].about == "[…]"
    assert table.retracted == [(room, card.event_id)]
    assert "I did not ask you about C-1." in await table.answer("dirk", "!erase C-1", room=room)


async def test_it_is_confirmed_in_the_direct_chat_as_well(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!concern sleeps in a car kind: fact", room=room, event_id="$1")
    direct = f"direct:{user('dirk')}"
    told = by_channel(await delete(table, "dirk", "$1", room, Doubt.DEVICE))
    said = by_channel(await table.say("dirk", "yes", room=direct, replies_to=told[direct]))
    assert said.keys() == {room, direct}
    assert (await table.case(room)).all(Concern)[0].about == "[…]"


async def test_many_deletions_at_once_are_asked_about(table: Conference) -> None:
    room = await table.open_case()
    for number in range(MOST_AN_HOUR + 2):
        await table.say("dirk", f"!concern number {number} kind: fact", room=room, event_id=f"${number}")
    told = [await delete(table, "dirk", f"${number}", room) for number in range(MOST_AN_HOUR + 2)]
    left = [c.about for c in (await table.case(room)).all(Concern) if not c.withdrawn]
    assert left == [f"number {MOST_AN_HOUR}", f"number {MOST_AN_HOUR + 1}"]
    assert [sum(said.channel == "admin" for said in one) for one in told[-3:]] == [0, 1, 0], "told once a day"
    await table.say("dirk", "!concern one more kind: fact", room=room, event_id="$later")
    table.later(hours=1, minutes=1)
    await delete(table, "dirk", "$later", room)
    assert (await table.case(room)).all(Concern)[-1].about == "[…]"


async def test_a_server_that_tells_of_a_deletion_in_another_room_learns_nothing(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!concern sleeps in a car kind: fact", room=room, event_id="$1")
    for number, (who, where) in enumerate([("dirk", "agency:police"), ("iris", "agency:youth"), ("dirk", "admin")]):
        assert await delete(table, who, "$1", where, times=number) == []
    assert (await table.case(room)).all(Concern)[0].about == "sleeps in a car"


async def test_a_deleted_answer_leaves_its_question_waiting_and_the_case_open(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!request health was he seen? because: we plan a visit", room=room)
    await table.say("gina", "!answer R-1 twice in May", room=room, event_id="$2")
    told = by_channel(await delete(table, "gina", "$2", room))
    assert "So this waits again:\nHealth service: answer R-1" in told[room]
    assert "Health service: answer R-1" in told["agency:health"]
    assert set(told[room].mentions) >= {user("dirk"), user("gina"), user("finn")}
    assert "answer R-1" in await table.answer("dirk", "!followups", room=room)
    refused = await table.answer("cleo", "!close because: all is well owner: social", room=room)
    assert "R-1" in refused
    assert not (await table.case(room)).closed


async def test_who_accepted_an_action_is_told_that_its_words_are_gone(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!action visit the family for: police by: fri", room=room, event_id="$1")
    await table.say("ada", "!accept A-1", room=room)
    told = by_channel(await delete(table, "dirk", "$1", room))
    assert user("ada") in told[room].mentions
    assert (await table.case(room)).all(Action)[0].outcome == "[…]"


async def test_a_deleted_meeting_leaves_the_calendars_and_comes_back(table: Conference) -> None:
    room = await table.open_case()
    ref = room.removeprefix("case:")
    await table.say("hugo", "!roundtable thu 10:00", room=room, event_id="$1")
    said = await delete(table, "hugo", "$1", room)
    assert [s.text for s in said if s.file] == [f"{ref}-M-1-cancelled.ics"]
    cancelled = table.files(room)[f"{ref}-M-1-cancelled.ics"]
    assert "M-1" not in await table.answer("ada", "!next", room=room)
    said = await table.say("hugo", "!restore M-1", room=f"direct:{user('hugo')}")
    assert [(s.channel, s.text) for s in said if s.file] == [(room, f"{ref}-M-1.ics")]
    again = table.files(room)[f"{ref}-M-1.ics"]
    assert _sequence(again) > _sequence(cancelled)


def _sequence(file: bytes) -> int:
    return int(file.decode().partition("SEQUENCE:")[2].split()[0])


async def test_why_a_case_was_opened_is_erased_and_the_case_stays(table: Conference) -> None:
    line = "!case open why: sleeps in a car goal: a bed agencies: police, social"
    opened = await table.say("cleo", line, room="coordination", event_id="$1")
    room = next(s.channel for s in opened if s.channel.startswith("case:"))
    told = by_channel(await delete(table, "cleo", "$1", "coordination"))
    assert f"!restore {room.removeprefix('case:')}" in told["coordination"]
    case = await table.case(room)
    assert (case.why, case.goal, {m.because for m in case.members}) == ("[…]", "[…]", {"[…]"})
    assert not case.closed
    await table.say("cleo", f"!restore {case.ref}", room=f"direct:{user('cleo')}")
    assert (await table.case(room)).why == "sleeps in a car"


async def test_what_was_deleted_is_read_in_no_minutes_and_is_wiped_from_each_version(table: Conference) -> None:
    room = await table.open_case()
    await table.say("hugo", "!roundtable thu 10:00", room=room)
    table.later(days=3)
    await table.say("hugo", "!roundtable start", room=room)
    for who in ("ada", "dirk", "finn"):
        await table.say(who, "!confirm", room=room)
    await table.say("hugo", "note: sleeps in the Opel at the lake", room=room, event_id="$1")
    await table.say("hugo", "view: he wants to go home", room=room)
    await table.say("hugo", "!roundtable end", room=room)
    await table.say("finn", "!minutes correct M-1 he was seen by us", room=room)
    await table.say("ada", "!minutes approve", room=room)
    await table.say("hugo", "!minutes approve", room=room)
    posted = table.files(room)
    await delete(table, "hugo", "$1", room)
    case = await table.case(room)
    await table.say("ada", "!minutes", room=room)
    assert "Opel" not in table.heard[-3].text
    assert b"Opel" in posted[f"{room.partition(':')[2]}-M-1-minutes-v1.md"]
    assert b"Opel" not in table.files(room)[f"{room.partition(':')[2]}-M-1-minutes-v2.md"]
    assert all("Opel" in version.text for version in case.all(Version))
    await table.say("hugo", f"!restore M-1 {case.ref}", room=room)
    await table.say("ada", "!minutes", room=room)
    assert b"Opel" in table.files(room)[f"{room.partition(':')[2]}-M-1-minutes-v2.md"]
    await delete(table, "hugo", "$1", room, times=2)
    table.later(days=7)
    await table.sweeps.run()
    case = await table.case(room)
    assert all("Opel" not in f"{version.text} {version.paper}" for version in case.all(Version))
    assert case.all(RoundTable)[0].approved_at is not None
    assert "seen by us" in case.all(Version)[-1].text


@pytest.mark.parametrize("line", ["!restore C-1\U0008dc6dzq", "!restore Finn", "!restore C-1 because", "!erase zq53"])
async def test_what_is_no_reference_is_not_repeated(table: Conference, line: str) -> None:
    room = await table.open_case()
    await table.say("dirk", "!concern sleeps in a car kind: fact", room=room, event_id="$1")
    await delete(table, "dirk", "$1", room)
    refused = await table.answer("dirk", line, room=room)
    assert "Nothing was changed" in refused
    assert all(word not in refused for word in ("zq", "ZQ", "Finn", "FINN", "because"))


async def test_what_could_be_meant_is_listed_where_nothing_is_named(table: Conference) -> None:
    room, direct = await table.open_case(), f"direct:{user('dirk')}"
    ref = room.removeprefix("case:")
    assert "You deleted nothing" in await table.answer("dirk", "!restore", room=direct)
    for number, event_id in enumerate(("$1", "$2", "$3"), start=1):
        table.later(seconds=1)
        await table.say("dirk", f"!concern one{number} kind: fact", room=room, event_id=event_id)
    await delete(table, "dirk", "$1", room)
    await delete(table, "dirk", "$2", room)
    await delete(table, "dirk", "$3", room, Doubt.DEVICE)
    for place in (room, direct):
        asked = await table.answer("dirk", "!restore", room=place)
        assert f"!restore C-1 {ref}\n!restore C-2 {ref}\nNothing was changed." in asked
        assert f"!erase C-3 {ref}\nNothing was changed." in await table.answer("dirk", "!erase", room=place)
    # Nothing of it is anybody else's to see.
    assert "C-" not in await table.answer("ada", "!restore", room=f"direct:{user('ada')}")


@pytest.mark.parametrize("word", ["yes", "delete"])
async def test_a_confirmation_that_is_a_reply_only_outside_is_asked_about(table: Conference, word: str) -> None:
    room = await table.open_case()
    await table.say("dirk", "!concern sleeps in a car kind: fact", room=room, event_id="$1")
    held = by_channel(await delete(table, "dirk", "$1", room, Doubt.DEVICE))[room]
    [asked] = await table.say("dirk", word, room=room, seems_to_answer=held)
    assert "!erase C-1 …" in asked
    assert (await table.case(room)).all(Concern)[0].about == "sleeps in a car"
    # Of anybody else it is talk.
    assert await table.say("ada", word, room=room, seems_to_answer=held) == []


async def test_a_few_letters_are_wiped_from_minutes_wherever_they_stood(table: Conference) -> None:
    line = "!case open why: Opel 1 goal: Opel 2 agencies: police, social, health, school"
    opened = await table.say("cleo", line, room="coordination", event_id="$0")
    room = next(s.channel for s in opened if s.channel.startswith("case:"))
    joining = tuple(person for where, person in table.invited if where == room)
    await table.comings.joined(f"!{room}:example.org", joining, "$joined")
    said = {
        "$1": ("hugo", "!roundtable schedule thu 10:00 about: Opel 3 where: Opel 4 every: 2 weeks"),
        "$2": ("finn", "!apologies M-1 Opel 5"),
        "$3": ("ada", "!concern he likes his Opel"),
    }
    for event, (who, text) in said.items():
        table.later(minutes=1)
        await table.say(who, text, room=room, event_id=event)
    table.later(days=3)
    await table.say("hugo", "!roundtable start M-1", room=room)
    for who in ("ada", "dirk", "gina"):
        await table.say(who, "!confirm", room=room)
    held = {
        "$4": ("hugo", "decision: he stays because: it helps"),
        "$5": ("dirk", "!dissent D-1 Opel 6"),
        "$6": ("hugo", "view: he wants to go home in an Opel"),
        "$7": ("hugo", "!roundtable end"),
        "$8": ("gina", "!minutes dispute M-1 §1 Opel 7"),
        "$9": ("ada", "!minutes correct M-1 §2 Opel 8"),
    }
    for event, (who, text) in held.items():
        table.later(minutes=1)
        await table.say(who, text, room=room, event_id=event)
    assert (await table.outcomes())[-1][1] == "done"
    filed = "".join(version.text for version in (await table.case(room)).all(Version))
    assert {f"Opel {number}" for number in range(1, 9)} == set(re.findall(r"Opel \d", filed))
    table.later(hours=2)
    for event, who in (("$0", "cleo"), ("$1", "hugo"), ("$2", "finn"), ("$5", "dirk"), ("$8", "gina"), ("$9", "ada")):
        await delete(table, who, event, "coordination" if event == "$0" else room)
    table.later(days=8)
    await table.sweeps.run()
    for version in (await table.case(room)).all(Version):
        assert re.findall(r"Opel \d", f"{version.text} {version.paper}") == []
        assert "home in an Opel" in version.text

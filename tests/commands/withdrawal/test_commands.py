import pytest

from cases.case import Case
from commands.action.rules import Action, State
from commands.withdrawal.rules import Withdrawal
from tests.room import Conference, Said, user

CANARY = "canary-4410"


async def say(table: Conference, room: str, *lines: str) -> list[Said]:
    """What several people type, one after the other; what was said to the last."""
    said: list[Said] = []
    for line in lines:
        who, _, text = line.partition(": ")
        said = await table.say(who, text, room=room)
    return said


def picture(case: Case) -> tuple[object, ...]:
    return case.seats, len(case.steps), [(m.user_id, m.left_at) for m in case.members], len(case.all(Withdrawal))


@pytest.mark.scenario
async def test_not_for_us_leaves_nothing_that_nobody_has(table: Conference) -> None:
    room = await table.open_case(agencies="police, social, health, school")
    ref = room.partition(":")[2]
    await say(
        table,
        room,
        "ada: !action visit him for: health by: fri 12:00 with: school",
        "ada: !action ask his aunt for: school by: fri 12:00 with: health",
        "finn: !accept A-1",
        "hugo: !accept A-2",
        "ada: !request health was he seen? because: the plan",
        "finn: !request school is he there? because: the plan",
        "ada: !decide Iris calls because: five callers are too many",
    )
    before = picture(await table.case(room))

    # What no other agency can settle for it is settled first, all of it told at once.
    refused = await table.answer("finn", f"!withdraw because: {CANARY} owner: social", room=room)
    assert refused.text.splitlines()[:3] == [
        f"Health service can’t withdraw from {ref} yet. No other agency can settle these for it:",
        "Health service: answer R-1 · due Mon 9 Nov 2026",
        "Its own question R-2 still waits:  !drop R-2 because: WHY",
    ]
    assert picture(await table.case(room)) == before
    await say(table, room, "finn: !nothing R-1", "finn: !drop R-2 because: not for us any more")

    said = await say(table, room, "finn: !withdraw because: he moved to another district owner: social")
    told = next(one for one in said if one.channel == room)
    assert told.text.splitlines()[:6] == [
        f"{ref} · Health service has withdrawn from this table",
        "Because: he moved to another district",
        "Next owner: Social services",
        "For Social services from now on: A-1, A-2",
        "Leaving this room: Finn de Boer, Gina Dekker",
        "The case goes on. What it has taken over it accepts or declines:  !mine",
    ]
    assert told.mentions == (user("cleo"), user("dirk"))
    case = await table.case(room)
    assert not case.closed
    assert case.seats == ("police", "social", "school")
    one, two = case.all(Action)
    assert (one.owner, one.support, one.state, one.handed_from) == ("social", "school", State.PROPOSED, "health")
    assert (two.owner, two.support, two.state) == ("school", None, State.ACCEPTED)
    # Its people are out of the room, and hear so in their own, without a word of the case.
    assert table.removed == [(room, user("finn")), (room, user("gina"))]
    (quiet,) = [one for one in said if one.channel == "agency:health"]
    assert quiet.text == (
        f"{ref}: this agency has given up its seat. 2 people leave the case room."
        " Nothing of it is asked of you any more."
    )
    assert not any(word in quiet for word in ("district", "A-1", "Sem"))
    # It is the house's: what is a case's is read by its table only, at which they do not sit any more.
    assert quiet.scope == "house"
    # Nobody waits for it any more.
    for command in ("!status", "!next", "!followups", "!phase"):
        shown = await table.answer("ada", command, room=room)
        assert "Health service" not in shown, command
    assert "withdrew the agency; next owner: Social services" in await table.answer("ada", "!timeline", room=room)


async def test_a_preview_does_nothing_and_yes_carries_it_out(table: Conference) -> None:
    room = await table.open_case(agencies="police, social, health")
    ref = room.partition(":")[2]
    await say(table, room, "ada: !action visit him for: health by: fri 12:00")
    before = picture(await table.case(room))
    shown = await table.answer("finn", "!withdraw preview because: not for us owner: social", room=room)
    assert shown.text.splitlines()[:2] == [
        f"{ref} · preview: nothing is done yet",
        "Health service would give up its seat; next owner: Social services. This can’t be undone.",
    ]
    assert "For Social services from now on: A-1" in shown
    assert (picture(await table.case(room)), table.removed) == (before, [])
    # Nobody else's yes counts.
    await table.say("gina", "yes", room=room, replies_to=shown)
    assert picture(await table.case(room)) == before
    await table.say("finn", "yes", room=room, replies_to=shown)
    assert (await table.case(room)).seats == ("police", "social")
    assert table.removed == [(room, user("finn")), (room, user("gina"))]


async def test_a_withdrawal_closes_no_case_and_demands_who_goes_on(table: Conference) -> None:
    room = await table.open_case(agencies="police, social")
    for line, why in (
        (f"!withdraw because: {CANARY}", "an agency"),
        (f"!withdraw because: {CANARY} owner: police", "The next owner is another agency than your own."),
        (f"!withdraw because: {CANARY} owner: youth", "Youth work does not sit at this table"),
    ):
        said = await table.answer("ada", line, room=room)
        assert why in said
        assert CANARY not in said
    await say(table, room, "ada: !withdraw because: not for us owner: social")
    assert (await table.case(room)).seats == ("social",)
    assert "No other agency sits here" in await table.answer("dirk", "!withdraw because: x owner: social", room=room)
    assert not (await table.case(room)).closed


async def test_whoever_runs_the_process_stays_when_their_agency_goes(table: Conference) -> None:
    room = await table.open_case(agencies="police, social")
    await say(table, room, "dirk: !withdraw because: not for us owner: police")
    case = await table.case(room)
    assert (case.seats, [m.user_id for m in case.present]) == (("police",), [user("cleo"), user("ada")])
    # A coordinator whose agency has no seat has none to give up.
    assert "does not sit at this table" in await table.answer("cleo", "!withdraw because: x owner: police", room=room)


async def test_who_has_withdrawn_reads_and_does_nothing_more(table: Conference) -> None:
    room = await table.open_case(agencies="police, social, health")
    await say(table, room, f"ada: !concern {CANARY} kind: fact", "finn: !withdraw because: not for us owner: social")
    for where in (room, "agency:health", f"direct:{user('finn')}"):
        for line in ("!status", "!timeline", "!mine", "!concern x", "!phase", "!close because: x owner: social"):
            assert not any(CANARY in one for one in await table.say("finn", line, room=where)), (where, line)
    assert (await table.case(room)).all(Action) == []


@pytest.mark.parametrize("line", ["!withdraw not for us", "!close he is back at school", "!withdraw previewed"])
async def test_words_without_a_key_are_never_taken_for_the_word_preview(table: Conference, line: str) -> None:
    room = await table.open_case()
    before = len((await table.case(room)).steps)
    said = await table.answer("cleo", line, room=room)
    assert "because:" in said
    assert "choices" not in said
    assert len((await table.case(room)).steps) == before

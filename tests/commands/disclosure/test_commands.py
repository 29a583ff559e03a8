"""What was given and refused without a blank; what leaves a table, and what does not."""

from dataclasses import replace

import pytest

from cases.case import Mode
from cases.scheme import Scheme
from commands.disclosure.rules import Disclosure, State
from tests.room import Conference, Said, user

CANARY = "kanarie"


def under(table: Conference, scheme: Scheme) -> Conference:
    """The same house with this scheme."""
    return Conference(table.store, replace(table.house, schemes={"safety table": scheme}), _ids=table._ids)


async def held(table: Conference, *agencies: str) -> str:
    """A table at which a decision and an action were set, and notes of third parties taken; chaired by Hugo."""
    room = await table.open_case()
    await table.say("hugo", "!roundtable tomorrow 10:00", room=room)
    table.later(days=1)
    await table.say("hugo", "!roundtable start M-1", room=room)
    for who in agencies or ("ada", "finn", "iris"):
        await table.say(who, "!confirm", room=room)
    for line in (
        f"note: his sister {CANARY} is afraid",
        f"worried: {CANARY} hits her",
        f"view: he wants {CANARY} to come back",
        "decision: he returns part-time because: it worked last year",
        f"action: visit the family for: Iris Kok by: 20 nov worse: {CANARY} may be there",
        "!roundtable end",
    ):
        await table.say("hugo", line, room=room)
    return room


def where(said: list[Said], words: str) -> set[str]:
    return {one.channel for one in said if words in one}


@pytest.mark.scenario
async def test_what_was_given_and_refused_is_listed_without_a_blank(table: Conference) -> None:
    """Practice, section 5, row 6: the record of a disclosure."""
    room = await table.open_case()
    ref = room.partition(":")[2]
    assert "Nothing yet." in await table.answer("ada", "!disclosures", room=room)
    await table.say("ada", "!request health was he seen? because: the plan see: social", room=room)
    await table.say("ada", "!request school is he there? because: the timetable", room=room)
    await table.say("finn", f"!answer R-1 {CANARY} basis: public task consent: yes", room="agency:health")
    await table.say("hugo", "!refuse R-2 we promised that ground: consent refused, other", room=room)
    said = await table.answer("dirk", "!disclosures", room=room)
    assert said.text == (
        f"{ref} · what was disclosed, and refused\n"
        "\n"
        "R-1/1 · Mon 2 Nov 2026 · Health service: answered\n"
        "What: was he seen?\n"
        "To: Police, Health service, Social services\n"
        "Why: the plan\n"
        "Basis: given to those it was for\n"
        "Consent: yes\n"
        "\n"
        "R-2/1 · Mon 2 Nov 2026 · School: refused\n"
        "What: is he there?\n"
        "To: everybody at the table\n"
        "Why: the timetable\n"
        "Ground: consent refused, other\n"
        "Basis: not given\n"
        "Consent: not given"
    )


@pytest.mark.scenario
async def test_a_summary_for_release_holds_decisions_and_plan_and_nothing_of_third_parties(table: Conference) -> None:
    """Practice, section 5, row 8."""
    room = await held(table)
    said = await table.say("ada", "!minutes summary M-1", room=room)
    assert [one for one in said if "he returns part-time" in one and "visit the family" in one]
    assert not [one for one in said if CANARY in one or "Iris Kok" in one]
    assert not [one for one in said if one.file]
    refused = await table.answer("ada", "!minutes summary M-1 approve", room=room)
    assert "Hugo Peters" in refused
    await table.say("ada", "!disclose M-1 to: health because: they go on", room=room)
    assert not [one for one in table.heard if one.channel == "agency:health" and "part-time" in one]
    approved = await table.say("hugo", "!minutes summary M-1 approve", room=room)
    assert where(approved, "he returns part-time") == {room, "agency:health"}
    assert not [one for one in approved if CANARY in one]
    for name, data in {**table.files(room), **table.files("agency:health")}.items():
        if "summary" in name and name.endswith(".md"):
            assert b"part-time" in data
            assert CANARY.encode() not in data
    assert any("summary" in name for name in table.files("agency:health"))


@pytest.mark.parametrize("typed", ["A-1", "A\u20131", "a1.", "A-1 and A-2"])
async def test_what_the_chair_leaves_out_leaves_no_table(table: Conference, typed: str) -> None:
    room = await held(table)
    await table.say("hugo", f"!minutes summary M-1 without: {typed}", room=room)
    await table.say("hugo", f"!minutes summary M-1 approve without: {typed}", room=room)
    said = await table.say("ada", "!disclose M-1 to: health because: they go on", room=room)
    given = next(one for one in said if one.channel == "agency:health" and not one.file)
    assert "he returns part-time" in given
    assert "visit the family" not in given


@pytest.mark.parametrize("typed", ["the action", "A 1", "A-1 and the visit", "and"])
async def test_what_is_to_be_left_out_and_cannot_be_read_approves_nothing(table: Conference, typed: str) -> None:
    room = await held(table)
    await table.say("hugo", f"!minutes summary M-1 approve without: {typed}", room=room)
    assert (await table.outcomes())[-1][1] == "reading/wrong_kind"
    said = await table.say("ada", "!disclose M-1 to: health because: they go on", room=room)
    assert not [one for one in said if one.channel == "agency:health"]


async def test_an_approval_is_of_the_wording_that_was_read(table: Conference) -> None:
    room = await held(table)
    await table.say("hugo", "!minutes summary M-1 approve", room=room)
    await table.say("hugo", f"!correct D-1 {CANARY} returns", room=room)
    said = await table.say("ada", "!disclose M-1 to: health because: they go on", room=room)
    assert not [one for one in said if one.channel == "agency:health"]
    assert "not approved" in await table.answer("ada", "!minutes summary M-1", room=room)


@pytest.mark.scenario
async def test_nothing_leaves_before_every_agency_that_was_there_agrees(table: Conference) -> None:
    """Practice, section 5, row 10: consensus before anything leaves."""
    table = under(table, Scheme(consensus=True))
    room = await held(table)
    await table.say("hugo", "!minutes summary M-1 approve", room=room)
    asked = {one.channel: one for one in await table.say("ada", "!disclose M-1 to: social because: go on", room=room)}
    assert asked.keys() == {room, "agency:school", "agency:health", f"direct:{user('iris')}", "agency:youth"} - {
        "agency:youth" if f"direct:{user('iris')}" in asked else f"direct:{user('iris')}"
    }
    await table.say("hugo", "accept", room="agency:school", replies_to=asked["agency:school"])
    said = await table.say("finn", "accept", room="agency:health", replies_to=asked["agency:health"])
    assert "Still asked: 1 agency." in next(one for one in said if one.channel == room)
    youth = next(channel for channel in asked if "youth" in channel or "iris" in channel)
    gone = await table.say("iris", "yes", room=youth, replies_to=asked[youth])
    assert where(gone, "he returns part-time") == {"agency:social"}
    assert "L-1" in await table.answer("ada", "!disclosures", room=room)
    assert (await table.case(room)).all(Disclosure)[0].state is State.GONE


@pytest.mark.scenario
async def test_one_no_stops_it_and_nobody_is_told_whose_it_was(table: Conference) -> None:
    table = under(table, Scheme(consensus=True))
    room = await held(table)
    await table.say("hugo", "!minutes summary M-1 approve", room=room)
    asked = {one.channel: one for one in await table.say("ada", "!disclose M-1 to: social because: go on", room=room)}
    since = len(table.heard)
    said = await table.say("finn", "no", room="agency:health", replies_to=asked["agency:health"])
    stopped = next(one for one in said if one.channel == room)
    assert "nothing has left this table" in stopped
    refused = await table.answer("hugo", "accept", room="agency:school", replies_to=asked["agency:school"])
    assert "settled already" in refused
    for command in ("!status", "!next", "!followups", "!timeline", "!timeline picture", "!disclosures", "!mine"):
        await table.say("ada", command, room=room)
    table.later(days=8)
    await table.sweeps.run()
    await table.deliver()
    heard = [one for one in table.heard[since:] if one.channel != "agency:health"]
    told = [line for one in heard for line in one.text.splitlines() if "L-1" in line]
    assert told
    assert not [line for line in told if "Finn" in line or "Health service" in line]
    assert not [one for one in table.heard if one.channel == "agency:social" and "part-time" in one]


async def test_the_morning_of_a_team_names_nobody_who_said_no(table: Conference) -> None:
    table = under(table, Scheme(consensus=True, mode=Mode.TEAM))
    room = await held(table)
    await table.say("hugo", "!minutes summary M-1 approve", room=room)
    asked = {one.channel: one for one in await table.say("ada", "!disclose M-1 to: social because: go on", room=room)}
    await table.say("hugo", "accept", room="agency:school", replies_to=asked["agency:school"])
    await table.say("finn", "no", room="agency:health", replies_to=asked["agency:health"])
    since = len(table.heard)
    table.later(days=1)
    await table.sweeps.run()
    await table.deliver()
    morning = next(one for one in table.heard[since:] if one.channel == room and "New since" in one)
    told = [line for line in morning.text.splitlines() if "L-1" in line]
    assert told
    assert not [line for line in told if "Finn" in line or "Hugo" in line]


@pytest.mark.scenario
async def test_an_answer_goes_on_only_with_the_agreement_of_who_gave_it(table: Conference) -> None:
    """Practice, section 4: originator control."""
    room = await table.open_case(agencies="police, social, health")
    await table.say("ada", "!request health was he seen? because: the plan", room=room)
    await table.say("finn", f"!answer R-1 {CANARY}", room=room)
    asked = await table.say("dirk", "!disclose R-1 to: youth because: they visit him", room=room)
    assert not where(asked, CANARY)
    card = next(one for one in asked if one.channel == "agency:health")
    told = await table.answer("ada", "!consent L-1", room=room)
    assert "Your agency is not asked" in told
    gone = await table.say("gina", "accept", room="agency:health", replies_to=card)
    assert where(gone, CANARY) == {"agency:youth"}


@pytest.mark.parametrize(
    ("use", "goes"), [("", False), ("use: this room", False), ("use: named see: youth", True), ("use: scheme", True)]
)
async def test_an_answer_that_may_go_on_goes_at_once(table: Conference, use: str, *, goes: bool) -> None:
    room = await table.open_case(agencies="police, social, health")
    await table.say("ada", "!request health was he seen? because: the plan", room=room)
    await table.say("finn", f"!answer R-1 {CANARY} {use}", room="agency:health")
    since = len(table.heard)
    await table.say("ada", "!disclose R-1 to: youth because: they visit him", room=room)
    assert bool(where(table.heard[since:], CANARY) & {"agency:youth"}) is goes


async def test_who_does_not_see_an_answer_does_not_pass_it_on(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!request health was he seen? because: the plan see: social", room=room)
    await table.say("finn", f"!answer R-1 {CANARY} use: scheme", room="agency:health")
    since = len(table.heard)
    refused = await table.answer("hugo", "!disclose R-1 to: school because: x", room=room)
    assert "Your own agency" in refused
    refused = await table.answer("hugo", "!disclose R-1 to: youth because: x", room=room)
    assert "who does not see it can’t pass it on" in refused
    assert not where(table.heard[since:], CANARY)
    assert (await table.case(room)).all(Disclosure) == []


async def test_what_is_asked_can_be_tapped_in_each_agencys_room(table: Conference) -> None:
    table = under(table, Scheme(consensus=True, polls=True))
    room = await held(table)
    await table.say("hugo", "!minutes summary M-1 approve", room=room)
    await table.say("ada", "!disclose M-1 to: social because: go on", room=room)
    await table.sweeps.run()
    await table.deliver()
    polls = {said.channel: said for said, answers in table.polls if any("retain" in line for line, _ in answers)}
    assert room not in polls
    assert polls.keys() <= {"agency:school", "agency:health", "agency:youth"}
    said = await table.tap("finn", polls["agency:health"], "It stays here")
    assert "nothing has left this table" in next(one for one in said if one.channel == room)


@pytest.mark.parametrize("where", ["agency:health", "case"])
async def test_it_is_accepted_and_declined_like_anything_that_is_proposed(table: Conference, where: str) -> None:
    table = under(table, Scheme(consensus=True))
    room = await held(table, "finn", "iris")
    await table.say("hugo", "!minutes summary M-1 approve", room=room)
    asked = {one.channel: one for one in await table.say("iris", "!disclose M-1 to: social because: x", room=room)}
    await table.say("hugo", "!accept L-1", room=room)
    if where == "case":
        await table.say("finn", f"!decline L-1 {CANARY}", room=room)
    else:
        since = len(table.heard)
        await table.say("finn", f"decline {CANARY} is why", room=where, replies_to=asked[where])
        assert not heard_beside(table.heard[since:])
    assert (await table.case(room)).all(Disclosure)[0].state is State.STOPPED


def heard_beside(said: list[Said]) -> set[str]:
    """Where the canary is read beside the room of health."""
    return {one.channel for one in said if CANARY in one} - {"agency:health"}

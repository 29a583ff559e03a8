from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cases.case import FIRST_REVIEW, Case
from cases.scheme import Scheme
from chat.dispatch import Dispatcher
from commands import registry_of_all
from commands.case import rules as closing
from commands.decision.rules import Decision, Position, Stance
from tests.room import MONDAY, Conference, user

DECIDE = "!decide Iris calls him, for all of us because: five people calling made him hide"


def picture(case: Case) -> tuple[object, ...]:
    """All that a refused command might have changed."""
    return [d.id for d in case.all(Decision)], [p.id for p in case.all(Position)], len(case.steps), case.next_review


async def refused(table: Conference, room: str, who: str, text: str, code: str) -> str:
    """What is said to a command that is refused, which changes nothing."""
    before = picture(await table.case(room))
    said = await table.answer(who, text, room=room)
    assert picture(await table.case(room)) == before
    assert (await table.outcomes())[-1][1] == code
    assert (said.mentions, said.subject) == ((), None)
    return said.text


async def test_a_decision_asks_each_agency_that_has_not_spoken(table: Conference) -> None:
    room = await table.open_case(agencies="police, social, health")
    card = await table.answer("ada", f"{DECIDE} review: in 2 weeks", room=room)
    assert card.text == (
        "D-1 · proposed decision, put by Police\n"
        "Iris calls him, for all of us\n"
        "Because: five people calling made him hide\n"
        "Review: Mon 16 Nov 2026, 17:00 Europe/Amsterdam\n"
        "It is decided once 3 agencies agree.\n"
        "Agree: Police\n"
        "Not heard yet: Social services, Health service. Reply: agree · dissent …"
    )
    assert sorted(card.mentions) == [user(name) for name in ("cleo", "dirk", "finn", "gina")]
    assert (card.notice, card.subject) == (False, "D-1")
    case = await table.case(room)
    assert case.next_review == case.all(Decision)[0].review_at == datetime(2026, 11, 16, 16, tzinfo=UTC)
    await table.say("ada", "!undo", room=room)
    assert (await table.case(room)).next_review == MONDAY + FIRST_REVIEW


async def test_dissent_is_shown_in_the_words_of_who_dissents(table: Conference) -> None:
    room = await table.open_case(agencies="police, social, health")
    card = await table.answer("ada", DECIDE, room=room)
    agreed = await table.answer("dirk", "agree", room=room, replies_to=card)
    assert agreed.text == (
        "D-1 · Social services agrees\n"
        "It is decided once 3 agencies agree.\n"
        "Agree: Police, Social services\n"
        "Not heard yet: Health service. Reply: agree · dissent …"
    )
    opposed = await table.answer("finn", "dissent we <must> reach his mother", room=room, replies_to=card)
    assert opposed.text == (
        "D-1 · Health service dissents\n"
        "Finn de Boer: “we <must> reach his mother”\n"
        "It is decided once 3 agencies agree.\n"
        "Agree: Police, Social services\n"
        "Dissent: Health service\n"
        "Every agency has spoken."
    )
    assert (opposed.notice, opposed.subject) == (True, "D-1")
    positions = [(p.agency, p.stance, p.why) for p in (await table.case(room)).all(Position)]
    assert positions == [
        ("police", Stance.AGREES, None),
        ("social", Stance.AGREES, None),
        ("health", Stance.DISSENTS, "we <must> reach his mother"),
    ]


async def test_an_agency_may_change_its_mind(table: Conference) -> None:
    room = await table.open_case(agencies="police, social")
    await table.answer("ada", DECIDE, room=room)
    opposed = await table.answer("ada", "!dissent D-1 we thought again", room=room)
    assert opposed.text.splitlines()[2:] == [
        "It is decided once 2 agencies agree.",
        "Dissent: Police",
        "Not heard yet: Social services. Reply: agree · dissent …",
    ]
    agreed = await table.answer("ada", "!agree D-1", room=room)
    assert agreed.text.splitlines()[2] == "Agree: Police"


async def test_the_same_position_twice_is_told_how_to_change_it(table: Conference) -> None:
    room = await table.open_case()
    await table.answer("ada", DECIDE, room=room)
    assert await refused(table, room, "ada", "!agree D-1", "decision/same_position") == (
        "Police has agreed with D-1 already. Nothing was changed.\nTo change it:  !agree D-1   or   !dissent D-1 WHY"
    )
    await table.answer("finn", "!dissent D-1 not yet", room=room)
    text = await refused(table, room, "gina", "!dissent D-1 not yet", "decision/same_position")
    assert text.startswith("Health service has dissented from D-1 in these words already.")


@pytest.mark.parametrize(
    ("who", "text", "code"),
    [
        ("ada", "!decide x", "reading/missing"),
        ("ada", "!decide because: x", "reading/missing"),
        ("ada", "!decide x because: y review: 2026-10-30", "when/past"),
        ("ada", "!decide " + "x" * 65_536 + " because: y", "reading/too_long"),
        ("finn", "!agree D-9", "case/no_such_record"),
        ("finn", "!agree A-1", "reading/wrong_kind"),
        ("finn", "!dissent D-1", "reading/missing"),
        ("bram", "!agree D-1", "dispatch/not_a_member"),
    ],
)
async def test_bad_input_changes_nothing(table: Conference, who: str, text: str, code: str) -> None:
    room = await table.open_case()
    await table.answer("ada", DECIDE, room=room)
    assert len(await refused(table, room, who, text, code)) < 500


async def test_nothing_is_decided_in_a_closed_case(table: Conference) -> None:
    room = await table.open_case(agencies="police, social")
    await table.answer("ada", DECIDE, room=room)
    await table.answer("dirk", "!agree D-1", room=room)
    with table.store.work("closing", table.now) as work:
        case = work.find.case(room.partition(":")[2])
        people = (work.find.directory()).people
        assert case
        closing.close(case, because="he is back", owner="social", by=people[user("cleo")], at=table.now)
    ref = room.partition(":")[2]
    for text in (DECIDE, "!agree D-1", "!action x for: social by: fri", "!request health x? because: y", "!concern x"):
        said = await refused(table, room, "dirk" if "agree" in text else "ada", text, "case/closed")
        assert said.startswith(f"Case {ref} is closed.")


async def test_a_decision_is_proposed_until_the_agencies_of_a_quorum_agree(table: Conference) -> None:
    room = await table.open_case(agencies="police, social, health, school")
    card = await table.answer("ada", DECIDE, room=room)
    assert card.text.startswith("D-1 · proposed decision, put by Police\n")
    assert "Decisions: D-1 proposed (" in await table.answer("ada", "!status", room=room)
    assert "School: agree or dissent: D-1 (proposed)" in await table.answer("ada", "!next", room=room)
    assert "proposed a decision (D-1)" in await table.answer("ada", "!timeline", room=room)
    second = await table.answer("dirk", "agree", room=room, replies_to=card)
    assert "It is decided once 3 agencies agree." in second
    table.later(days=1)
    third = await table.answer("finn", "agree", room=room, replies_to=card)
    how = "Decided outside a round table on Tue 3 Nov 2026, by Police, Social services,"
    assert third.text.splitlines()[:3] == ["D-1 · Health service agrees", how, "Health service."]
    # A dissent stands beside it, and is weighed against nothing.
    opposed = await table.answer("hugo", "dissent we have to reach his mother", room=room, replies_to=card)
    assert f"{how}\nHealth service." in opposed
    assert "Dissent: School" in opposed
    assert "Decisions: D-1\n" in await table.answer("ada", "!status", room=room)
    await table.say("finn", "!dissent D-1 we thought again", room=room)
    assert "Decisions: D-1 proposed\n" in await table.answer("ada", "!status", room=room)
    moves = await table.answer("ada", "!next", room=room)
    assert "Police: find a wording for D-1 that enough agree with:  !correct D-1 TEXT" in moves


async def test_what_is_decided_takes_the_agencies_that_the_scheme_calls_mandatory(table: Conference) -> None:
    scheme = Scheme(quorum_agencies=2, mandatory=("school", "probation"))
    table.house = replace(table.house, schemes={"safety table": scheme})
    table.dispatcher = Dispatcher(registry_of_all(), table.store, table.house, lambda: table.now)
    room = await table.open_case(agencies="police, social, school")
    card = await table.answer("ada", DECIDE, room=room)
    second = await table.answer("dirk", "agree", room=room, replies_to=card)
    # Probation has no seat in this case.
    assert second.text.splitlines()[1] == "It is decided once 2 agencies agree. Among them: School."
    third = await table.answer("hugo", "agree", room=room, replies_to=card)
    assert "Decided outside a round table on Mon 2 Nov 2026, by Police, Social services,\nSchool." in third


async def test_another_wording_is_only_proposed_again(table: Conference) -> None:
    room = await table.open_case(agencies="police, social")
    card = await table.answer("ada", DECIDE, room=room)
    await table.answer("dirk", "agree", room=room, replies_to=card)
    await table.say("ada", "!correct D-1 Jack calls him", room=room)
    assert "Decisions: D-1 proposed (1 agency" in await table.answer("ada", "!status", room=room)
    await table.say("ada", "!undo", room=room)
    assert "Decisions: D-1\n" in await table.answer("ada", "!status", room=room)
    await table.say("dirk", "!undo", room=room)
    assert "Decisions: D-1 proposed (1 agency" in await table.answer("ada", "!status", room=room)


async def test_a_minute_after_a_table_without_quorum_nothing_is_decided_by_one_agency(table: Conference) -> None:
    room = await table.open_case(agencies="police, social, health, school")
    await table.say("ada", "!roundtable fri 15:00", room=room)
    table.later(days=4, hours=5)
    await table.say("ada", "!roundtable start M-1", room=room)
    await table.say("dirk", "!confirm", room=room)
    assert "M-1 has no quorum" in await table.answer("ada", DECIDE, room=room)
    assert "M-1 has no quorum" in await table.answer("ada", "decision: x because: y", room=room)
    await table.say("ada", "!roundtable end", room=room)
    assert (await table.answer("ada", DECIDE, room=room)).text.startswith("D-1 · proposed decision")


async def test_at_a_table_with_quorum_the_table_decides(table: Conference) -> None:
    room = await table.open_case(agencies="police, social, health, school")
    await table.say("ada", "!roundtable fri 15:00", room=room)
    table.later(days=4, hours=5)
    await table.say("ada", "!roundtable start M-1", room=room)
    for who in ("dirk", "finn"):
        await table.say(who, "!confirm", room=room)
    card = await table.answer("ada", "decision: Iris calls him because: five made him hide", room=room)
    assert card.text.splitlines()[0] == "D-1 · decision put by Police at M-1"
    assert "Decided at M-1, with quorum." in card
    # What a member puts meanwhile is not the table's yet; what the chair puts is, by either word.
    assert (await table.answer("finn", DECIDE, room=room)).text.startswith("D-2 · proposed decision, put by Health")
    assert (await table.answer("ada", DECIDE, room=room)).text.startswith("D-3 · decision put by Police at M-1")
    await table.say("ada", "!roundtable end", room=room)
    minutes = await table.answer("ada", "!minutes M-1", room=room)
    assert "D-1 · Iris calls him" in minutes
    assert "D-2 · proposed · Iris calls him, for all of us" in minutes
    (kept,) = (text for name, text in table.files(room).items() if name.endswith(".md"))
    assert "- Decided at M-1, with quorum." in kept.decode()
    assert "- Proposed, not decided yet." in kept.decode()

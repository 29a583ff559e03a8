from dataclasses import replace

import pytest

from cases.scheme import Scheme
from tests.room import Conference, user

ASKED = "!expert Finn de Boer until: 20 nov because: CANARY-WHY brief: he hardly sleeps since May"


async def come(table: Conference, room: str, who: str) -> list[str]:
    """Somebody comes into the room; what the bot says then."""
    await table.comings.joined(f"!{room}:example.org", (user(who),), f"join {who} {table.now}")
    return [s.text for s in await table.deliver() if s.channel == room]


async def pass_days(table: Conference, days: int) -> None:
    """Time goes by, hour by hour."""
    for _ in range(days * 24):
        table.later(hours=1)
        await table.sweeps.run()
        await table.deliver()


@pytest.mark.scenario
async def test_an_expert_reads_a_brief_is_warned_and_is_gone_at_the_end(table: Conference) -> None:
    room = await table.open_case(agencies="police, social")
    await table.say("ada", "!concern CANARY-BEFORE kind: fact", room=room)
    asked = await table.answer("cleo", ASKED, room=room)
    assert "Finn de Boer (Health service) is asked to this table as an expert, until Fri 20 Nov 2026, 17:00" in asked
    assert (room, user("finn")) in table.invited
    said = await come(table, room, "finn")
    assert any("he hardly sleeps since May" in text for text in said)
    assert not any("CANARY" in text for text in said)
    # The agency of an expert takes no seat: nobody waits for its position.
    assert (await table.case(room)).seats == ("police", "social")
    raised = await table.answer("finn", "!concern at night he is on the phone kind: opinion", room=room)
    assert "C-2" in raised
    assert "Finn de Boer (Health service), an expert, until Fri 20 Nov 2026" in await table.answer(
        "ada", "!status", room=room
    )
    table.heard.clear()
    await pass_days(table, 19)
    warned = [s for s in table.heard if "leaves this table on Fri 20 Nov 2026" in s]
    assert [(s.channel, s.mentions) for s in warned] == [(room, (user("finn"),))]
    alone = [s.text for s in table.heard if s.channel == f"direct:{user('finn')}"]
    assert sum("your place at this table ends on Fri 20 Nov 2026" in text for text in alone) == 1
    assert not any("CANARY" in text or "sleeps" in text for text in alone)
    assert (room, user("finn")) in table.removed
    assert not (await table.case(room)).is_member(user("finn"))
    assert sum("the time of Finn de Boer (Health service) is over" in s for s in table.heard) == 1


async def test_the_warning_comes_two_working_days_before(table: Conference) -> None:
    room = await table.open_case(agencies="police, social")
    await table.say("cleo", ASKED, room=room)
    await come(table, room, "finn")
    told = None
    for _ in range(20 * 24):
        table.later(hours=1)
        await table.sweeps.run()
        if any("leaves this table" in s for s in await table.deliver()):
            told = table.now
            break
    assert told is not None
    assert f"{told:%a %d %b}" == "Wed 18 Nov"


async def test_an_expert_without_a_brief_is_refused_unless_the_table_has_one(table: Conference) -> None:
    room = await table.open_case(agencies="police, social")
    line = "!expert Finn de Boer until: 20 nov because: his nights"
    refused = await table.answer("cleo", line, room=room)
    assert "what they need to know is missing" in refused
    assert not (await table.case(room)).is_member(user("finn"))
    await table.say("ada", "!brief he stays with his aunt", room=room)
    await table.say("cleo", line, room=room)
    assert any("he stays with his aunt" in text for text in await come(table, room, "finn"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("!expert Finn de Boer because: x brief: y", "until"),
        ("!expert Finn de Boer until: 20 nov brief: y", "because"),
        ("!expert Finn de Boer until: 2025-11-01 because: x brief: y", ""),
        ("!expert Jane Doe until: 20 nov because: x brief: y", "!member add"),
        ("!expert Ada Jansen until: 20 nov because: x brief: y", "already"),
        ("!expert Ella Mulder until: 20 nov because: x brief: y", ""),
    ],
)
async def test_what_is_missing_is_named_and_nothing_changes(table: Conference, line: str, said: str) -> None:
    room = await table.open_case(agencies="police, social")
    before = len((await table.case(room)).steps)
    refused = await table.answer("cleo", line, room=room)
    assert said in refused
    assert len((await table.case(room)).steps) == before


async def test_only_who_steers_or_chairs_asks_an_expert(table: Conference) -> None:
    room = await table.open_case(agencies="police, social")
    steps = len((await table.case(room)).steps)
    refused = await table.answer("ada", ASKED, room=room)
    assert (await table.outcomes())[-1] == ("expert", "stay/not_yours")
    assert "Cleo Bakker" in refused
    assert ("CANARY" in refused, len((await table.case(room)).steps)) == (False, steps)
    await table.say("cleo", "!roundtable fri 15:00 about: his nights chair: Dirk Smit", room=room)
    refused = await table.answer("ada", ASKED, room=room)
    assert "Dirk Smit" in refused
    assert not (await table.case(room)).is_member(user("finn"))


@pytest.mark.scenario
async def test_the_chair_asks_an_expert_before_and_while_a_table_is_held_and_not_after(table: Conference) -> None:
    room = await table.open_case(agencies="police, social")
    await table.say("cleo", "!roundtable today 12:00 about: his nights chair: Ada Jansen", room=room)
    asked = await table.answer("ada", ASKED, room=room)
    assert "Finn de Boer (Health service) is asked to this table as an expert" in asked
    assert (room, user("finn")) in table.invited
    assert any("he hardly sleeps since May" in text for text in await come(table, room, "finn"))
    table.later(hours=2)
    await table.say("ada", "!roundtable start", room=room)
    assert (await table.answer("ada", "!brief he stays with his aunt", room=room)).subject == "B-1"
    await table.say("ada", "!expert Hugo Peters until: 20 nov because: the school", room=room)
    assert (await table.case(room)).is_member(user("hugo"))
    await table.say("ada", "!roundtable end", room=room)
    await table.say("ada", "!expert Iris Kok until: 20 nov because: CANARY", room=room)
    assert (await table.outcomes())[-1] == ("expert", "stay/not_yours")
    assert not (await table.case(room)).is_member(user("iris"))


async def test_a_chair_who_has_not_confirmed_only_looks_on_and_asks_nobody(table: Conference) -> None:
    room = await table.open_case(agencies="police, social")
    await table.say("cleo", "!roundtable today 12:00 about: his nights chair: Ada Jansen", room=room)
    table.later(hours=2)
    await table.say("cleo", "!roundtable start", room=room)
    refused = await table.answer("ada", ASKED, room=room)
    assert "CANARY" not in refused
    assert not (await table.case(room)).is_member(user("finn"))
    await table.say("ada", "!confirm", room=room)
    await table.say("ada", ASKED, room=room)
    assert (await table.case(room)).is_member(user("finn"))


async def test_the_chair_of_another_case_asks_nobody_here(table: Conference) -> None:
    room = await table.open_case(agencies="police, social")
    other = await table.open_case(agencies="police, social")
    await table.say("cleo", "!roundtable fri 15:00 about: his nights chair: Ada Jansen", room=other)
    await table.say("ada", ASKED, room=room)
    assert not (await table.case(room)).is_member(user("finn"))
    await table.say("ada", ASKED.replace("CANARY-WHY", "his nights"), room=other)
    assert (await table.case(other)).is_member(user("finn"))


async def test_an_expert_stays_longer_by_a_later_date(table: Conference) -> None:
    room = await table.open_case(agencies="police, social")
    await table.say("cleo", ASKED, room=room)
    await come(table, room, "finn")
    await table.say("cleo", "!expert Finn de Boer until: 4 dec because: it goes on", room=room)
    await pass_days(table, 20)
    assert (await table.case(room)).is_member(user("finn"))
    await pass_days(table, 14)
    assert not (await table.case(room)).is_member(user("finn"))


def small(table: Conference) -> Conference:
    house = replace(table.house, schemes={"safety table": Scheme(start_small=True)})
    return Conference(table.store, house, _ids=table._ids)


@pytest.mark.scenario
async def test_an_extra_agency_needs_a_reason_and_an_end_date(table: Conference) -> None:
    table = small(table)
    room = await table.open_case(agencies="police, social")
    ref = room.partition(":")[2]
    refused = await table.answer("cleo", f"!case invite {ref} Hugo Peters because: the school", room="coordination")
    assert "an extra agency needs a reason and an end date" in refused
    assert f"!case invite {ref} Hugo Peters because: REASON until: DATE" in refused
    assert (await table.case(room)).seats == ("police", "social")
    line = f"!case invite {ref} Hugo Peters because: CANARY-WHY until: 20 nov"
    said = await table.say("cleo", line, room="coordination")
    assert not any("CANARY" in s for s in said if s.channel == "coordination")
    assert any("is asked to this table until Fri 20 Nov 2026" in s for s in said if s.channel == room)
    await come(table, room, "hugo")
    assert (await table.case(room)).seats == ("police", "social", "school")
    await pass_days(table, 19)
    case = await table.case(room)
    assert (case.seats, case.is_member(user("hugo"))) == (("police", "social"), False)
    assert any("School gives up its seat." in s for s in table.heard if s.channel == room)


async def test_an_extra_agency_that_still_owes_something_keeps_its_seat(table: Conference) -> None:
    table = small(table)
    room = await table.open_case(agencies="police, social")
    ref = room.partition(":")[2]
    await table.say("cleo", f"!case invite {ref} Hugo Peters because: school until: 20 nov", room="coordination")
    await come(table, room, "hugo")
    await table.say("ada", "!action call his class teacher for: school by: 27 nov", room=room)
    await table.say("hugo", "!accept A-1", room=room)
    await pass_days(table, 19)
    case = await table.case(room)
    assert (case.seats, case.is_member(user("hugo"))) == (("police", "social", "school"), False)
    assert any("School keeps its seat, for it still has to see to A-1" in s for s in table.heard if s.channel == room)
    await pass_days(table, 5)
    card = next(s for s in reversed(table.heard) if s.channel == "agency:school" and "A-1" in s)
    for line in ("accept", "done she sees him each Monday"):
        await table.say("hugo", line, room="agency:school", replies_to=card)
    with table.store.look() as find:
        assert user("hugo") in find.audience("agency:school", ref)
    await pass_days(table, 1)
    with table.store.look() as find:
        assert user("hugo") not in find.audience("agency:school", ref)
    assert (await table.case(room)).seats == ("police", "social")
    assert sum("School gives up its seat." in s for s in table.heard if s.channel == room) == 1


async def test_an_agency_of_which_somebody_else_came_to_stay_keeps_its_seat(table: Conference) -> None:
    room = await table.open_case(agencies="police, social")
    ref = room.partition(":")[2]
    await table.say("cleo", f"!case invite {ref} Finn de Boer because: x until: 20 nov", room="coordination")
    await table.say("cleo", f"!case invite {ref} Gina Dekker because: x", room="coordination")
    await pass_days(table, 19)
    case = await table.case(room)
    assert ("health" in case.seats, case.is_member(user("gina")), case.is_member(user("finn"))) == (True, True, False)
    assert not any("gives up its seat" in s or "keeps its seat" in s for s in table.heard)


async def test_a_colleague_of_an_agency_at_the_table_needs_no_end(table: Conference) -> None:
    table = small(table)
    room = await table.open_case(agencies="police, social, health")
    ref = room.partition(":")[2]
    await table.say("cleo", f"!case release {ref} Gina Dekker because: away", room="coordination")
    await table.say("cleo", f"!case invite {ref} Gina Dekker because: back", room="coordination")
    assert (await table.case(room)).is_member(user("gina"))


async def test_who_is_invited_anew_for_good_stays(table: Conference) -> None:
    room = await table.open_case(agencies="police, social")
    ref = room.partition(":")[2]
    await table.say("cleo", f"!case invite {ref} Hugo Peters because: school until: 20 nov", room="coordination")
    await come(table, room, "hugo")
    await table.say("cleo", f"!case release {ref} Hugo Peters because: ill", room="coordination")
    table.later(hours=1)
    await table.say("cleo", f"!case invite {ref} Hugo Peters because: well again", room="coordination")
    await come(table, room, "hugo")
    await pass_days(table, 25)
    assert (await table.case(room)).is_member(user("hugo"))


async def test_the_seat_of_an_extra_agency_is_given_up_on_the_date_also_when_its_person_left_before(
    table: Conference,
) -> None:
    table = small(table)
    room = await table.open_case(agencies="police, social")
    ref = room.partition(":")[2]
    await table.say("cleo", f"!case invite {ref} Hugo Peters because: school until: 20 nov", room="coordination")
    await come(table, room, "hugo")
    await table.say("cleo", f"!case release {ref} Hugo Peters because: ill", room="coordination")
    assert "school" in (await table.case(room)).seats
    table.heard.clear()
    await pass_days(table, 19)
    assert (await table.case(room)).seats == ("police", "social")
    told = [s for s in table.heard if "School gives up its seat." in s]
    assert [s.channel for s in told] == [room]
    assert not any("ends on" in s for s in table.heard if s.channel == f"direct:{user('hugo')}")

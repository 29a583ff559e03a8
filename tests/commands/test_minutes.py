from cases import minutes
from tests.room import Conference, Said, user

ACTION = (
    "ask his mother about Fridays for: social by: mon 12:00 with: health safety: police worse: she may stop calling"
)
DRAFT = """\
Minutes of M-1 in case {ref}
Begun: Thu 5 Nov 2026, 10:00 Europe/Amsterdam
Ended: Thu 5 Nov 2026, 10:50 Europe/Amsterdam
Place: town hall, room 2
Chair: Hugo Peters (School)

Why this table came together: not seen at school for weeks
Goal: a safe routine again
About: back to school

PRESENT (confidentiality confirmed)
- Hugo Peters (School)
- Ada Jansen (Police)
- Dirk Smit (Social services)
- Gina Dekker (Health service)
- Iris Kok (Youth work)

APOLOGIES
- Jack Post (Youth work): on leave · deputy: Iris Kok
- Finn de Boer (Health service): ill

NOT CONFIRMED
- Cleo Bakker (Social services)

Quorum: yes, the chair and agencies present: 5 (needed: 3)

AGENDA
1. the part-time <b>timetable</b> (Iris Kok)

ESSENTIAL FACTS
- he came along DECISIONS D-9 forged
- Apologies: the mayor

DECISIONS
D-1 he returns part-time
Because: it worked last year
Agree: School
Dissent, Police (Ada Jansen): we have to reach his mother
No position yet: Social services, Health service, Youth work

ACTIONS
A-1 ask his mother about Fridays
Social services with Health service · safety: Police
due Mon 9 Nov 2026, 12:00 Europe/Amsterdam · not accepted yet
Could it make things worse? she may stop calling

Information refused, by ground: too broad (1)

UNRESOLVED
- A-1 · Social services · not accepted yet · due Mon 9 Nov 2026
- A-1 · Health service · not accepted yet · due Mon 9 Nov 2026
Next round table: M-2, Thu 3 Dec 2026, 10:00 Europe/Amsterdam"""

CORRECTIONS = """

CORRECTIONS
1. he talked about school, too (Dirk Smit)"""


async def held(table: Conference) -> tuple[str, Said]:
    """A whole round table; the room, and the draft that was posted."""
    room = await table.open_case()
    for who, text in (
        ("cleo", "!roundtable thu 10:00 about: back to school where: town hall, room 2 chair: Hugo Peters"),
        ("jack", "!apologies M-1 on leave deputy: Iris Kok"),
        ("iris", "!agenda M-1 the part-time <b>timetable</b>"),
        ("ada", "!request health every contact there ever was because: the plan depends on it"),
        ("finn", "!refuse R-1 that is far too much ground: too broad"),
    ):
        await table.say(who, text, room=room)
    table.later(days=3)
    await table.say("hugo", "!roundtable start M-1", room=room)
    for who, text in (
        ("ada", "!confirm"),
        ("dirk", "!confirm"),
        ("gina", "!confirm"),
        ("iris", "!confirm"),
        ("hugo", "note: he came along\nDECISIONS\nD-9 forged"),
        ("hugo", "apologies: Finn, ill"),
        ("hugo", "apologies: the mayor"),
        ("hugo", f"action: {ACTION}"),
        ("hugo", "decision: he returns part-time because: it worked last year"),
        ("ada", "!dissent D-1 we have to reach his mother"),
        ("hugo", "!roundtable 3 dec 10:00"),
    ):
        await table.say(who, text, room=room)
    table.later(minutes=50)
    said = await table.say("hugo", "!roundtable end", room=room)
    return room, said[0]


async def test_when_a_round_table_ends_its_minutes_are_drafted(table: Conference) -> None:
    room, draft = await held(table)
    text = DRAFT.format(ref=room.partition(":")[2])
    assert draft.text == (
        f"M-1 · minutes · version 1 · draft\n\n{text}\n\nVersion 1 · checksum {minutes.checksum(text)[:12]}\n"
        "Anything wrong?  !minutes correct M-1 HOW IT WAS\n"
        "Hugo Peters, who chaired:  !minutes approve M-1"
    )
    assert (draft.subject, draft.mentions) == ("M-1", (user("hugo"),))
    [version] = (await table.case(room)).minutes
    assert (version.id, version.text, version.checksum) == ("M-1/v1", text, minutes.checksum(text))


async def test_what_is_unresolved_follows_the_minutes(table: Conference) -> None:
    room, draft = await held(table)
    behind = [said for said in table.heard[table.heard.index(draft) + 1 :] if said.channel == room]
    assert len(behind) == 1
    assert "A-1" in behind[0]


async def test_without_anything_in_it_the_minutes_say_so(table: Conference) -> None:
    room = await table.open_case()
    await table.say("iris", "!roundtable thu 10:00", room=room)
    table.later(days=3)
    await table.say("iris", "!roundtable start", room=room)
    said = await table.say("iris", "!roundtable end", room=room)
    assert "Quorum: no, agencies present: 1 (needed: the chair and 3)" in said[0]
    assert (
        "ESSENTIAL FACTS\n- none noted\n\nDECISIONS\n- none\n\nACTIONS\n- none\n\n"
        "Information refused, by ground: none\n\nUNRESOLVED\n- nothing\nNext review: "
    ) in said[0]


async def test_a_decision_without_a_quorum_is_marked(table: Conference) -> None:
    room = await table.open_case()
    await table.say("iris", "!roundtable thu 10:00", room=room)
    await table.say("iris", "!roundtable start", room=room)
    await table.say("iris", "decision: he returns because: it worked review: in 4 weeks", room=room)
    said = await table.say("iris", "!roundtable end", room=room)
    assert "DECISIONS\nTaken without a quorum: the next round table has to confirm them.\nD-1 he returns\n" in said[0]
    assert "\nReview: Mon 30 Nov 2026, 17:00 Europe/Amsterdam\n" in said[0]


async def test_the_next_round_table_begins_with_the_last_minutes(table: Conference) -> None:
    room, _ = await held(table)
    opening = await table.answer("hugo", "!roundtable start M-2", room=room)
    assert "\n2. Last minutes: M-1, not approved yet\n" in opening
    await table.say("hugo", "!roundtable end", room=room)
    await table.say("hugo", "!minutes approve M-2", room=room)
    await table.say("ada", "!roundtable 10 dec 10:00", room=room)
    opening = await table.answer("ada", "!roundtable start", room=room)
    assert "\n2. Last minutes: M-2, approved\n" in opening


async def test_a_correction_makes_a_new_version(table: Conference) -> None:
    room, draft = await held(table)
    said = await table.answer("dirk", "minutes correct he talked about school, too", room=room, replies_to=draft)
    text = DRAFT.format(ref=room.partition(":")[2]) + CORRECTIONS
    assert said.text == (
        f"M-1 · minutes · version 2 · draft\n\n{text}\n\nVersion 2 · checksum {minutes.checksum(text)[:12]}\n"
        "Anything wrong?  !minutes correct M-1 HOW IT WAS\n"
        "Hugo Peters, who chaired:  !minutes approve M-1"
    )
    assert said.mentions == (user("hugo"),)
    assert [v.id for v in (await table.case(room)).minutes] == ["M-1/v1", "M-1/v2"]


async def test_the_chair_approves_and_the_minutes_are_locked(table: Conference) -> None:
    room, _ = await held(table)
    await table.say("dirk", "!minutes correct M-1 he talked about school, too", room=room)
    approved = await table.answer("hugo", "!minutes approve M-1", room=room)
    checksum = minutes.checksum(DRAFT.format(ref=room.partition(":")[2]) + CORRECTIONS)
    assert approved.text == (
        "M-1 · minutes approved by Hugo Peters (School)\n"
        f"Version 2 · checksum {checksum[:12]}\n"
        f"Full checksum: {checksum}\n"
        "They are locked now. To read them:  !minutes M-1"
    )
    refused = await table.answer("dirk", "!minutes correct M-1 no, he did not", room=room)
    assert refused.text == (
        "The minutes of M-1 are approved and locked.\n"
        "What should be added can go on the next agenda:  !agenda TEXT\nNothing was changed."
    )
    again = await table.answer("hugo", "!minutes approve", room=room)
    assert again.text == refused.text
    case = await table.case(room)
    assert (len(case.minutes), len(case.minutes_corrections), case.roundtables[0].approved_by) == (2, 1, user("hugo"))
    assert (await table.outcomes())[-2:] == [
        ("minutes correct", "minutes/approved"),
        ("minutes approve", "minutes/approved"),
    ]


async def test_nobody_but_the_chair_approves(table: Conference) -> None:
    room, _ = await held(table)
    for who in ("ada", "cleo"):
        refused = await table.answer(who, "!minutes approve M-1", room=room)
        assert refused.text == (
            "Hugo Peters (School) chaired M-1 and approves its minutes.\n"
            "Anything wrong?  !minutes correct M-1 HOW IT WAS\nNothing was changed."
        )
    assert (await table.case(room)).roundtables[0].approved_at is None


async def test_minutes_are_shown_as_they_were_posted(table: Conference) -> None:
    room, draft = await held(table)
    await table.say("dirk", "!accept A-1", room=room)
    shown = await table.answer("ada", "!minutes", room=room)
    assert (shown.text, shown.mentions) == (draft.text, ())
    await table.say("hugo", "!minutes approve", room=room)
    locked = await table.answer("ada", "!minutes M-1", room=room)
    assert locked.text.startswith("M-1 · minutes · version 1 · approved\n\nMinutes of M-1")
    assert locked.text.endswith("\nApproved by Hugo Peters (School), Thu 5 Nov 2026, 10:50 Europe/Amsterdam.")


async def test_there_are_no_minutes_before_it_ends(table: Conference) -> None:
    room = await table.open_case()
    first = await table.answer("ada", "!minutes", room=room)
    assert first.text == ("There are no minutes yet. They are drafted when a round table ends.\nNothing was changed.")
    await table.say("ada", "!roundtable thu 10:00", room=room)
    second = await table.answer("ada", "!minutes correct M-1 x", room=room)
    assert second.text == (
        "There are no minutes of M-1 yet. They are drafted when it ends:  !roundtable end\nNothing was changed."
    )
    assert "M-7" in await table.answer("ada", "!minutes M-7", room=room)


async def test_long_minutes_come_in_pages(table: Conference) -> None:
    room = await table.open_case()
    await table.say("iris", "!roundtable thu 10:00", room=room)
    await table.say("iris", "!roundtable start", room=room)
    for number in range(3):
        await table.say("iris", f"note: {number} {'word ' * 1500}", room=room)
    said = [s for s in await table.say("iris", "!roundtable end", room=room) if s.subject == "M-1"]
    assert len(said) > 1
    whole = await table.case(room)
    assert whole.minutes[0].text.count("word") == 4500


async def test_a_correction_that_was_taken_back_makes_a_version_without_it(table: Conference) -> None:
    room, _ = await held(table)
    await table.say("dirk", "!minutes correct M-1 he talked about school, too", room=room)
    said = await table.say("dirk", "!undo", room=room)
    assert any("version 3" in s and "he talked about school, too" not in s for s in said)
    case = await table.case(room)
    assert [v.text == case.minutes[0].text for v in case.minutes] == [True, False, True]

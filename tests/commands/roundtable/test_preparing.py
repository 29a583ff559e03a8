"""Before a round table: what comes by itself, each thing once, in working days."""

import io
from dataclasses import replace
from datetime import date, timedelta

import pytest
from pypdf import PdfReader

from cases.people import Addressee
from cases.scheme import Scheme
from chat.arguments import LONGEST_TEXT
from commands.action import rules as action
from tests.room import Conference, Said, user

CALL = "!roundtable 19 nov 10:00 about: back to school where: town hall chair: Hugo Peters"


async def swept(table: Conference) -> list[Said]:
    """What the bot says by itself about the round table, looked through twice."""
    said = []
    for _ in range(2):
        await table.sweeps.run()
        said += [one for one in await table.deliver() if one.subject == "M-1" or one.file]
    return said


async def morning(table: Conference, day: date) -> list[Said]:
    """Nine o'clock of a day, and what is said then."""
    table.later(days=(day - table.now.date()).days)
    return await swept(table)


async def called(table: Conference) -> str:
    """On Monday 2 November, for Thursday 19 November; it is ten in the morning."""
    room = await table.open_case()
    await table.answer("cleo", CALL, room=room)
    await table.say("ada", "!agenda M-1 the part-time timetable for: 10m", room=room)
    await table.say("dirk", "!request health was he seen? because: the plan by: fri 12:00", room=room)
    await table.say("cleo", "!action call his mother for: social by: 20 nov", room=room)
    await table.say("ada", "!decide Iris calls him because: five people made him hide", room=room)
    return room


async def test_everybody_is_asked_to_check_their_records_five_working_days_before(table: Conference) -> None:
    room = await called(table)
    assert await morning(table, date(2026, 11, 11)) == []
    (said,) = await morning(table, date(2026, 11, 12))
    assert said.channel == room
    # In its own room each agency was asked already.
    assert said.mentions == ()
    assert said.text == (
        "M-1 · Thu 19 Nov 2026, 10:00 Europe/Amsterdam\n"
        "Please check your own records first: each agency is asked in its own room.\n"
        "Not returned yet: Police, Social services, Health service, School, Youth work\n"
        "Reply: attend · apologies … · agenda …"
    )


async def test_a_holiday_is_no_working_day(table: Conference) -> None:
    house = replace(table.house, schemes={"safety table": Scheme(holidays={date(2026, 11, 16)})})
    table = Conference(table.store, house, table.now)
    await called(table)
    assert len(await morning(table, date(2026, 11, 11))) == 1


async def test_the_pack_comes_two_working_days_before_to_everybody(table: Conference) -> None:
    room = await called(table)
    await table.answer("iris", "!attend M-1", room=room)
    said = await morning(table, date(2026, 11, 17))
    message, pdf, markdown = said
    assert user("ada") in message.mentions
    assert message.text == (
        "M-1 · pack for Thu 19 Nov 2026, 10:00 Europe/Amsterdam\n"
        "Goal: a safe routine again\n"
        "About: back to school\n"
        "1 action is open · 1 question waits for its answer\n"
        "R-1 · Health service: silent for 10 days\n"
        "Research, not yet: Police, Social services, Health service, School, Youth work\n"
        "1. the part-time timetable\n"
        "The whole pack is attached. Reply: attend · apologies … · agenda …"
    )
    assert pdf.file
    assert markdown.file
    ref = room.partition(":")[2]
    assert (pdf.file.name, markdown.file.name) == (f"{ref}-M-1-pack.pdf", f"{ref}-M-1-pack.md")
    printed = PdfReader(io.BytesIO(pdf.file.data))
    words = " ".join(" ".join(page.extract_text() for page in printed.pages).split())
    for part in (
        "Pack for round table M-1",
        "a safe routine again",
        "A-1 · Social services · call his mother",
        "R-1 · Health service · was he seen?",
        "silent for 10 days",
        "D-1 · Iris calls him",
        "the part-time timetable (Ada Jansen) · 10 minutes",
        f"1 of {len(printed.pages)}",
    ):
        assert part in words
    assert "was he seen?" in markdown.file.data.decode()


@pytest.mark.usefixtures("a_sixteenth")
async def test_a_pack_with_a_file_that_is_too_large_is_told_all_the_same(table: Conference) -> None:
    room = await called(table)
    with table.store.work("proposed", table.now) as work:
        case = work.find.case(room.partition(":")[2])
        ada = (work.find.directory()).people[user("ada")]
        assert case
        later = table.now + timedelta(days=30)
        for _ in range(13):
            action.propose(case, "会" * LONGEST_TEXT, Addressee("police"), due_at=later, by=ada, at=table.now)
    (message,) = await morning(table, date(2026, 11, 17))
    assert message.text.endswith(
        "\nThe whole document is too large to post; it stays on file.\nReply: attend · apologies … · agenda …"
    )


async def test_a_quorum_that_is_not_sure_is_told_to_the_chair_the_day_before(table: Conference) -> None:
    room = await called(table)
    await table.say("finn", "!apologies M-1 on a course deputy: Gina Dekker", room=room)
    await table.say("iris", "!apologies M-1 ill", room=room)
    await morning(table, date(2026, 11, 17))
    (said,) = await morning(table, date(2026, 11, 18))
    assert said.mentions == (user("hugo"),)
    assert said.text == (
        "M-1 · the quorum is not sure · Thu 19 Nov 2026, 10:00 Europe/Amsterdam\n"
        "Coming: Health service\n"
        "Apologies: Youth work\n"
        "Not heard yet: Police, Social services, School\n"
        "It takes the chair and 3 agencies. Reply: attend · apologies …"
    )


async def test_a_quorum_that_is_sure_is_no_news(table: Conference) -> None:
    room = await called(table)
    for who in ("ada", "dirk", "hugo"):
        await table.say(who, "!attend M-1", room=room)
    await morning(table, date(2026, 11, 17))
    assert await morning(table, date(2026, 11, 18)) == []


async def test_a_quorum_without_an_agency_that_is_needed_is_not_sure(table: Conference) -> None:
    house = replace(table.house, schemes={"safety table": Scheme(mandatory=("youth",))})
    table = Conference(table.store, house, table.now)
    room = await called(table)
    for who in ("ada", "dirk", "hugo"):
        await table.say(who, "!attend M-1", room=room)
    await morning(table, date(2026, 11, 17))
    (said,) = await morning(table, date(2026, 11, 18))
    assert "\nNeeded in any case: Youth work\nIt takes the chair and 3 agencies." in said


async def test_after_downtime_what_was_overtaken_is_not_said(table: Conference) -> None:
    await called(table)
    said = await morning(table, date(2026, 11, 18))
    assert [one.text.split(" · ")[1].split(" for ")[0] for one in said if not one.file] == [
        "pack",
        "the quorum is not sure",
    ]


async def test_a_meeting_that_was_moved_is_prepared_anew_and_a_cancelled_one_is_not(table: Conference) -> None:
    room = await called(table)
    assert len(await morning(table, date(2026, 11, 17))) == 3
    await table.say("hugo", "!roundtable move M-1 26 nov 10:00 because: half are ill", room=room)
    assert await morning(table, date(2026, 11, 18)) == []
    assert len(await morning(table, date(2026, 11, 19))) == 1
    await table.say("hugo", "!roundtable cancel M-1 because: half are still ill", room=room)
    assert await morning(table, date(2026, 11, 24)) == []


async def test_a_quorum_that_is_lost_during_the_last_day_is_told(table: Conference) -> None:
    room = await called(table)
    for who in ("ada", "dirk", "hugo"):
        await table.say(who, "!attend M-1", room=room)
    await morning(table, date(2026, 11, 17))
    assert await morning(table, date(2026, 11, 18)) == []
    for who in ("ada", "dirk"):
        await table.say(who, "!apologies M-1 ill", room=room)
    table.later(hours=2)
    (said,) = await swept(table)
    assert "the quorum is not sure" in said


async def test_a_deputy_who_cannot_come_does_not_come_for_the_agency(table: Conference) -> None:
    room = await called(table)
    await table.say("finn", "!apologies M-1 on a course deputy: Gina Dekker", room=room)
    await table.say("gina", "!apologies M-1 ill", room=room)
    await morning(table, date(2026, 11, 17))
    (said,) = await morning(table, date(2026, 11, 18))
    assert "Coming: nobody said so\nApologies: Health service\n" in said


async def test_the_pack_names_who_is_silent_however_many_questions_wait(table: Conference) -> None:
    room = await called(table)
    for _ in range(5):
        await table.say("dirk", "!request police anything? because: the plan by: 25 nov", room=room)
    await table.say("dirk", "!request school was he there? because: the plan by: fri 12:00", room=room)
    message, *_ = await morning(table, date(2026, 11, 17))
    assert "R-1 · Health service: silent for 10 days\nR-7 · School: silent for 10 days\n" in message

# lines: a whole document stands in it, as people read it

import hashlib
import io
from dataclasses import replace

import pytest
from pypdf import PdfReader

from cases.scheme import Scheme
from chat.arguments import LONGEST_TEXT
from chat.documents.document import Document
from chat.layout import CARD_WIDTH
from commands.erasure import rules as erasure
from commands.minutes import rules as minutes
from commands.minutes.filing import MOST_SHOWN
from commands.minutes.rules import Remark, Version
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import NoteKind, RoundTable
from tests.chat.test_jobs import at, november
from tests.room import Conference, Said, user

ACTION = (
    "ask his mother about Fridays for: social by: mon 12:00 with: health safety: police worse: she may stop calling"
)
MARKDOWN = """\
# Minutes of round table M-1

Confidential · for the members of this table only

- Case: {ref}
- Begun: Thu 5 Nov 2026, 10:00 Europe/Amsterdam
- Ended: Thu 5 Nov 2026, 10:50 Europe/Amsterdam
- Place: town hall, room 2
- Chair: Hugo Peters (School)
- As things stood: Thu 5 Nov 2026, 10:50 Europe/Amsterdam

## Attendance

**§1** Present (confidentiality confirmed): Hugo Peters (School), Ada Jansen (Police), Dirk Smit (Social services), \
Gina Dekker (Health service), Iris Kok (Youth work)

**§2** Apologies: Jack Post (Youth work): on leave · deputy: Iris Kok

**§3** Apologies: Finn de Boer (Health service): ill

**§4** Apologies: the mayor

**§5** Not confirmed, so observers at most: Cleo Bakker (Social services)

**§6** Quorum: yes, the chair and agencies present: 5 (needed: 3)

## Purpose

**§7** Why this table came together: not seen at school for weeks

**§8** Goal: a safe routine again

**§9** About: back to school

**§10** On the agenda: the part-time \\<b\\>timetable\\</b\\> (Iris Kok)

## The person’s view

**§11** he wants to go back, but not to the same class

## Essential facts

**§12** he came along DECISIONS D-9 forged

## What the table sees

### Worried about

**§13** out at night

**§14** money

### Working well

**§15** the gym

### Needs to happen

**§16** nothing noted

## Decisions

**§17** D-1 · he returns part-time
- Because: it worked last year
- Decided at M-1, with quorum.
- Agree: School
- Dissent, Police (Ada Jansen): “we have to reach his mother”
- No position yet: Social services, Health service, Youth work

## Actions

**§18** A-1 · ask his mother about Fridays
- Social services with Health service · safety: Police
- due Mon 9 Nov 2026, 12:00 Europe/Amsterdam · not accepted yet
- Could it make things worse? she may stop calling

## Information refused, by ground only

**§19** too broad (1)

## Credit: whose contribution changed the plan

**§20** Youth work: they knew about the gym

## Unresolved

**§21** A-1 · Social services · not accepted yet · due Mon 9 Nov 2026

**§22** A-1 · Health service · not accepted yet · due Mon 9 Nov 2026

## Next

**§23** Next round table: M-2, Thu 3 Dec 2026, 10:00 Europe/Amsterdam
"""
MESSAGE = """\
M-1 · minutes · version 1 · draft

Attendance
§1 Present (confidentiality confirmed): Hugo Peters (School), Ada Jansen (Polic…
§2 Apologies: Jack Post (Youth work): on leave · deputy: Iris Kok
§3 Apologies: Finn de Boer (Health service): ill
§4 Apologies: the mayor
§5 Not confirmed, so observers at most: Cleo Bakker (Social services)
§6 Quorum: yes, the chair and agencies present: 5 (needed: 3)
Purpose
§7 Why this table came together: not seen at school for weeks
§8 Goal: a safe routine again
§9 About: back to school
§10 On the agenda: the part-time <b>timetable</b> (Iris Kok)
The person’s view
§11 he wants to go back, but not to the same class
Essential facts
§12 he came along DECISIONS D-9 forged
What the table sees
§13 Worried about: out at night
§14 Worried about: money
§15 Working well: the gym
Decisions
§17 D-1 · he returns part-time
Actions
§18 A-1 · ask his mother about Fridays
Information refused, by ground only
§19 too broad (1)
Credit: whose contribution changed the plan
§20 Youth work: they knew about the gym
Unresolved
§21 A-1 · Social services · not accepted yet · due Mon 9 Nov 2026
§22 A-1 · Health service · not accepted yet · due Mon 9 Nov 2026
Next
§23 Next round table: M-2, Thu 3 Dec 2026, 10:00 Europe/Amsterdam
The whole document is attached, as PDF and as Markdown.

"""
FOOT = """\
Version {number} · checksum {checksum}
Corrections until Thu 12 Nov 2026, 17:00 Europe/Amsterdam
Wrong or missing?  !minutes correct M-1 § HOW IT WAS
You see it otherwise?  !minutes dispute M-1 § HOW YOU SEE IT
Hugo Peters, who chaired:  !minutes approve M-1"""
CARD = """\
M-1 · minutes · version 1 · draft
1 decision
D-1 · he returns part-time
1 action
A-1 · Social services · due Mon 9 Nov 2026 · ask his mother about Fri…
Unresolved: A-1, D-1
All of it, with the number of each paragraph:  !minutes M-1
Corrections until Thu 12 Nov 2026, 17:00 Europe/Amsterdam
Wrong or missing?  !minutes correct M-1 § HOW IT WAS
Hugo Peters, who chaired:  !minutes approve M-1"""
MOST_LINES = 15
"""Of the card in the room."""
NOTHING = "\nNothing was changed."


def foot(version: Version) -> str:
    return FOOT.format(number=version.id.partition("/v")[2], checksum=version.checksum[:12])


async def newest(table: Conference, room: str) -> Version:
    return (await table.case(room)).all(Version)[-1]


def pages(table: Conference, room: str, name: str) -> list[str]:
    """The text of a PDF that was posted, page by page."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(posted(table, room)[name])).pages]


def posted(table: Conference, room: str) -> dict[str, bytes]:
    """The papers that were posted, by their names behind the reference of the case."""
    ref = f"{room.partition(':')[2]}-"
    return {name.removeprefix(ref): data for name, data in table.files(room).items() if name.startswith(ref)}


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
        ("hugo", "view: he wants to go back, but not to the same class"),
        ("hugo", "worried: out at night"),
        ("hugo", "Worried: money"),
        ("hugo", "working: the gym"),
        ("hugo", "credit: Youth work they knew about the gym"),
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
    version = await newest(table, room)
    text = MARKDOWN.format(ref=room.partition(":")[2])
    assert (version.id, version.text, version.checksum) == ("M-1/v1", text, hashlib.sha256(text.encode()).hexdigest())
    assert draft.text == CARD
    assert (draft.subject, draft.mentions) == ("M-1", (user("hugo"),))
    assert (await table.answer("ada", "!minutes", room=room)).text == MESSAGE + foot(version)


async def test_the_card_of_the_minutes_stays_short_however_much_there_is(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!roundtable thu 10:00", room=room)
    table.later(days=3)
    await table.say("ada", "!roundtable start", room=room)
    for who in ("dirk", "finn", "hugo"):
        await table.say(who, "!confirm", room=room)
    for number in range(9):
        await table.say("ada", f"decision: {'we see him again ' * 9}{number} because: x", room=room)
        await table.say("ada", f"action: {'ask his mother ' * 9}{number} for: social by: mon 12:00", room=room)
    card = (await table.say("ada", "!roundtable end", room=room))[0]
    assert len(card.text.splitlines()) <= MOST_LINES
    assert max(map(len, card.text.splitlines())) <= CARD_WIDTH
    assert "\n9 decisions\nD-1 · we see him again" in card
    assert "\n9 actions\nA-1 · Social services · due Mon 9 Nov 2026 · ask his mother" in card


async def test_the_document_comes_as_pdf_and_as_markdown(table: Conference) -> None:
    room, draft = await held(table)
    behind = table.heard[table.heard.index(draft) + 1 :]
    ref = room.partition(":")[2]
    assert [(s.file.name, s.file.content_type, s.subject) for s in behind[:2] if s.file] == [
        (f"{ref}-M-1-minutes-v1.pdf", "application/pdf", "M-1"),
        (f"{ref}-M-1-minutes-v1.md", "text/markdown; charset=utf-8", "M-1"),
    ]
    version = await newest(table, room)
    assert posted(table, room)["M-1-minutes-v1.md"] == version.text.encode()
    first, second = pages(table, room, "M-1-minutes-v1.pdf")
    for page, number in ((first, 1), (second, 2)):
        assert f"CONFIDENTIAL · FOR THE MEMBERS OF THIS TABLE ONLY Case {ref} · M-1\n" in page
        assert "Version 1, draft: corrections until Thu 12 Nov 2026, 17:00 Europe/Amsterdam" in page
        assert f"SHA-256 of the Markdown file: {version.checksum}" in page
        assert f"{number} of 2" in page
    whole = " ".join((first + second).split())
    for one in Document.load(version.paper or "").paragraphs:
        assert f"§{one.number} " in whole
        assert all(" ".join(line.split()) in whole for line in one.lines), one
    assert "Hugo Peters (School), chair" in second


async def test_what_is_unresolved_follows_the_minutes(table: Conference) -> None:
    room, draft = await held(table)
    behind = [said for said in table.heard[table.heard.index(draft) + 1 :] if said.channel == room and not said.file]
    assert len(behind) == 1
    assert "A-1" in behind[0]


async def test_without_anything_in_it_the_minutes_say_so(table: Conference) -> None:
    room = await table.open_case()
    await table.say("iris", "!roundtable thu 10:00", room=room)
    table.later(days=3)
    await table.say("iris", "!roundtable start", room=room)
    said = await table.say("iris", "!roundtable end", room=room)
    assert "Quorum: no, agencies present: 1 (needed: the chair and 3)" in said[0]
    assert "\nThe person’s view is missing:  !minutes view M-1 TEXT\n" in said[0]
    assert "nothing" not in said[0].text
    text = (await newest(table, room)).text
    assert "## The person’s view\n\n**§6** Not written down yet; the minutes are not approved without it" in text
    for heading, words in (
        ("Essential facts", "none noted"),
        ("Decisions", "none"),
        ("Actions", "none"),
        ("Information refused, by ground only", "none"),
        ("Credit: whose contribution changed the plan", "nobody named yet"),
        ("Unresolved", "nothing"),
    ):
        assert words in text.partition(f"## {heading}\n")[2].partition("##")[0].splitlines()[1]


async def test_the_next_round_table_begins_with_the_last_minutes(table: Conference) -> None:
    room, _ = await held(table)
    opening = await table.answer("hugo", "!roundtable start M-2", room=room)
    assert "\n2. Last minutes: M-1, not approved yet\n" in opening
    await table.say("hugo", "!roundtable end", room=room)
    await table.say("ada", "!minutes view M-2 nobody could reach him", room=room)
    await table.say("hugo", "!minutes approve M-2", room=room)
    await table.say("ada", "!roundtable 10 dec 10:00", room=room)
    opening = await table.answer("ada", "!roundtable start", room=room)
    assert "\n2. Last minutes: M-2, approved\n" in opening


async def test_a_correction_of_a_paragraph_takes_its_place(table: Conference) -> None:
    room, draft = await held(table)
    said = await table.answer("dirk", "minutes correct §12 he came along at last", room=room, replies_to=draft)
    version = await newest(table, room)
    assert said.text == (
        "M-1 · minutes · version 2 · draft\n\n"
        "§12 he came along at last\n"
        "Corrected by Dirk Smit (Social services), Thu 5 Nov 2026\n\n"
        "The whole document is attached, as PDF and as Markdown.\n" + foot(version)
    )
    assert said.mentions == (user("hugo"),)
    assert "he came along at last" in pages(table, room, "M-1-minutes-v2.pdf")[0]
    assert b"forged" not in posted(table, room)["M-1-minutes-v2.md"]


@pytest.mark.parametrize("typed", ["12 other words", "§12 other words", "§ 12 other words", "12. other words"])
async def test_a_paragraph_may_be_named_in_several_ways(table: Conference, typed: str) -> None:
    room, _ = await held(table)
    said = await table.answer("dirk", f"!minutes correct M-1 {typed}", room=room)
    assert "\n§12 other words\n" in said


async def test_a_correction_without_a_number_stands_beside_all(table: Conference) -> None:
    room, _ = await held(table)
    for typed in ("12:30 is when it ended", "he talked about school, too"):
        said = await table.answer("dirk", f"!minutes correct M-1 {typed}", room=room)
    assert "\n§25 he talked about school, too · Dirk Smit (Social services)\n" in said
    text = (await newest(table, room)).text
    assert "## Corrections and other views\n\n**§24** 12:30 is when it ended" in text


async def test_an_undone_correction_makes_a_version_without_it(table: Conference) -> None:
    room, _ = await held(table)
    await table.say("dirk", "!minutes correct M-1 he talked about school, too", room=room)
    said = await table.say("dirk", "!undo", room=room)
    assert any("version 3" in s and "\n§24 no longer stands there\n" in s for s in said)
    case = await table.case(room)
    assert [v.text == case.all(Version)[0].text for v in case.all(Version)] == [True, False, True]


async def test_the_numbers_of_paragraphs_never_change(table: Conference) -> None:
    room, _ = await held(table)
    await table.say("gina", "!minutes credit M-1 health we called twice", room=room)
    await table.say("dirk", "!minutes dispute M-1 21 that is not ours", room=room)
    await table.say("dirk", "!accept A-1", room=room)
    await table.say("gina", "!accept A-1", room=room)
    for who in ("dirk", "gina"):
        await table.say(who, "!done A-1 it went well", room=room)
    said = await table.answer("gina", "!minutes correct M-1 24 we called three times", room=room)
    assert "\n§24 we called three times\n" in said
    # What it was about is done, and no longer unresolved: what was said about it still stands.
    assert "\n§26 Disputed, not settled yet: Dirk Smit (Social services): “that is not ours”\n" in said
    before, after = (Document.load(v.paper or "").numbers for v in (await table.case(room)).all(Version)[:: len("abc")])
    assert {key: after[key] for key in before if key in after} == {k: n for k, n in before.items() if k in after}
    refused = await table.answer("hugo", "!minutes approve", room=room)
    assert "\n§26 · Dirk Smit (Social services)\n" in refused
    await table.say("hugo", "!minutes settle M-1 §26 both", room=room)
    assert "Another view: Dirk Smit (Social services): “that is not ours”" in (await newest(table, room)).text


async def test_the_persons_view_may_be_added_afterwards(table: Conference) -> None:
    room = await table.open_case()
    for who, text in (
        ("iris", "!roundtable thu 10:00"),
        ("iris", "!roundtable start"),
        ("iris", "!roundtable end"),
    ):
        await table.say(who, text, room=room)
    refused = await table.answer("iris", "!minutes approve", room=room)
    assert refused.text == (
        "The person’s view is missing in the minutes of M-1.\n"
        "Add it, or why it isn’t known:  !minutes view M-1 TEXT" + NOTHING
    )
    said = await table.answer("dirk", "!minutes view M-1 he was not asked: he is in hospital", room=room)
    assert " he was not asked: he is in hospital\n" in said
    assert "is missing" not in said
    assert "minutes approved by Iris Kok" in await table.answer("iris", "!minutes approve", room=room)


async def test_the_chair_approves_and_the_minutes_are_locked(table: Conference) -> None:
    room, _ = await held(table)
    await table.say("dirk", "!minutes correct M-1 he talked about school, too", room=room)
    said = await table.say("hugo", "!minutes approve M-1", room=room)
    version = await newest(table, room)
    assert said[0].text == (
        "M-1 · minutes approved by Hugo Peters (School)\n"
        f"Version 2 · checksum {version.checksum[:12]}\n"
        f"Full checksum: {version.checksum}\n"
        "It is the SHA-256 of the Markdown file.\n"
        "They are locked now. To read them:  !minutes M-1\n"
        "Something to be added later?  !minutes addendum M-1 TEXT"
    )
    assert [s.file.name.partition("-")[2] for s in said if s.file] == [
        "M-1-minutes-v2-approved.pdf",
        "M-1-minutes-v2.md",
    ]
    assert hashlib.sha256(posted(table, room)["M-1-minutes-v2.md"]).hexdigest() == version.checksum
    printed = pages(table, room, "M-1-minutes-v2-approved.pdf")
    assert "Version 2, approved by Hugo Peters (School), Thu 5 Nov 2026, 10:50 Europe/Amsterdam" in printed[0]
    refused = await table.answer("dirk", "!minutes correct M-1 no, he did not", room=room)
    assert refused.text == (
        "The minutes of M-1 are approved and locked.\nSomething to be added?  !minutes addendum M-1 TEXT" + NOTHING
    )
    again = await table.answer("hugo", "!minutes approve", room=room)
    assert again.text == refused.text
    case = await table.case(room)
    assert (len(case.all(Version)), len(case.all(Remark)), case.all(RoundTable)[0].approved_by) == (2, 1, user("hugo"))
    assert (await table.outcomes())[-2:] == [
        ("minutes correct", "minutes/approved"),
        ("minutes approve", "minutes/approved"),
    ]


async def test_nobody_approves_alone_what_they_wrote(table: Conference) -> None:
    room, _ = await held(table)
    refused = await table.answer("hugo", "!minutes approve M-1", room=room)
    assert refused.text == (
        "All that was noted in M-1 is yours, and nobody approves that alone.\n"
        "One who was there reads the minutes and corrects them, or agrees by:\n"
        "  !minutes approve M-1\n"
        "It can be: Ada Jansen, Dirk Smit, Gina Dekker, Iris Kok\n"
        "Then approve again. Nothing was changed."
    )
    turned = await table.answer("finn", "!minutes approve M-1", room=room)
    assert turned.text == (
        "Hugo Peters (School) chaired M-1 and approves its minutes.\n"
        "Anything wrong?  !minutes correct M-1 HOW IT WAS" + NOTHING
    )
    agreed = await table.answer("ada", "!minutes approve M-1", room=room)
    assert agreed.text == (
        "M-1 · Ada Jansen (Police) agrees with version 1 of the minutes.\n"
        "Hugo Peters, who chaired:  !minutes approve M-1"
    )
    assert agreed.mentions == (user("hugo"),)
    undone = await table.answer("ada", "!undo", room=room)
    assert "Taken back: Ada Jansen (Police) agreed with the minutes of M-1.\n" in undone
    await table.say("ada", "!minutes approve M-1", room=room)
    twice = await table.answer("ada", "!minutes approve M-1", room=room)
    assert twice.text == (
        "You have agreed with this version of the minutes of M-1 already.\n"
        "Hugo Peters (School) approves them. Nothing was changed."
    )
    assert (await table.case(room)).all(RoundTable)[0].approved_at is None
    await table.say("hugo", "!minutes approve M-1", room=room)
    assert (await table.case(room)).all(RoundTable)[0].approved_by == user("hugo")


async def test_every_version_can_be_had_again_with_its_files(table: Conference) -> None:
    room, _ = await held(table)
    before = posted(table, room)
    await table.say("dirk", "!minutes correct M-1 he talked about school, too", room=room)
    await table.say("dirk", "!accept A-1", room=room)
    table.heard.clear()
    shown = await table.answer("ada", "!minutes M-1 version: 1", room=room)
    assert shown.text.startswith("M-1 · minutes · version 1 of 2\n\nAttendance\n§1 Present")
    assert shown.text.endswith("\nThere is a newer version:  !minutes M-1")
    again = posted(table, room)
    assert again["M-1-minutes-v1.md"] == before["M-1-minutes-v1.md"]
    assert "Version 1 of 2, superseded" in pages(table, room, "M-1-minutes-v1.pdf")[0]
    newest_shown = await table.answer("ada", "!minutes", room=room)
    assert newest_shown.text.startswith("M-1 · minutes · version 2 · draft\n")
    assert newest_shown.mentions == ()
    refused = await table.answer("ada", "!minutes M-1 version: 3", room=room)
    assert refused.text == "The newest version of the minutes of M-1 is 2." + NOTHING


async def test_the_same_version_gives_the_same_bytes(table: Conference) -> None:
    room, _ = await held(table)
    first = table.files(room)
    table.later(hours=1)
    await table.say("ada", "!minutes", room=room)
    assert {name: data for name, data in table.files(room).items() if name.startswith("minutes")} == {
        name: data for name, data in first.items() if name.startswith("minutes")
    }


@pytest.mark.parametrize(
    ("who", "typed", "code", "words"),
    [
        (
            "ada",
            "!minutes correct M-1 77 x",
            "minutes/no_such_paragraph",
            "have no paragraph 77.\nThe last one is §23.",
        ),
        (
            "ada",
            "!minutes correct M-1 §17 he does not",
            "minutes/is_a_record",
            "Its agency words it anew:  !correct D-1 TEXT",
        ),
        ("hugo", "!minutes settle M-1 12 both", "minutes/no_dispute", "§12 is not disputed."),
        ("hugo", "!minutes settle M-1 12 correct", "minutes/settle_how", "!minutes settle §12 both"),
        ("hugo", "!minutes settle M-1 12 both x", "minutes/settle_how", "!minutes settle §12 correct HOW IT WAS"),
        ("hugo", "!minutes settle M-1 12 somehow", "reading/choice", "correct"),
        ("hugo", "!minutes settle M-1 both", "reading/missing", "§"),
        ("ada", "!minutes addendum M-1 x", "minutes/not_approved", "  !minutes correct M-1 TEXT"),
    ],
)
async def test_what_cannot_be_done_is_explained(table: Conference, who: str, typed: str, code: str, words: str) -> None:
    room, _ = await held(table)
    refused = await table.answer(who, typed, room=room)
    assert words in refused
    assert (await table.outcomes())[-1][1] == code
    assert max(map(len, refused.text.splitlines())) <= 80


async def test_after_five_working_days_only_the_chair_corrects(table: Conference) -> None:
    room, _ = await held(table)
    table.now = november(12, 16, 1)
    refused = await table.answer("ada", "!minutes correct M-1 12 x", room=room)
    assert refused.text == (
        "Corrections to M-1 were possible until Thu 12 Nov 2026, 17:00 Europe/Amsterdam.\n"
        "Hugo Peters (School) chaired and still corrects; tell them.\n"
        "Once they are approved:  !minutes addendum M-1 TEXT" + NOTHING
    )
    corrected = await table.answer("hugo", "!minutes correct M-1 12 x", room=room)
    assert "Corrections until" not in corrected


async def test_the_chair_is_reminded_once_when_the_time_has_ended(table: Conference) -> None:
    room, _ = await held(table)
    await table.say("ada", "!minutes dispute M-1 12 he did not", room=room)
    (said,) = [s for s in await at(table, november(12, 16)) if s.subject == "M-1"]
    assert said.text == (
        "M-1 · the time to correct the minutes has ended.\n"
        "Still disputed: §12\n"
        "  !minutes settle M-1 § both\n"
        "Hugo Peters, who chaired:  !minutes approve M-1"
    )
    assert said.mentions == (user("hugo"),)
    assert [s for s in await at(table, november(13, 9)) if s.subject == "M-1"] == []


async def test_approved_minutes_need_no_reminder(table: Conference) -> None:
    room, _ = await held(table)
    await table.say("ada", "!minutes approve", room=room)
    await table.say("hugo", "!minutes approve", room=room)
    assert [s for s in await at(table, november(13)) if s.subject == "M-1"] == []


async def test_the_reminder_says_that_the_persons_view_is_missing(table: Conference) -> None:
    room = await table.open_case()
    for text in ("!roundtable thu 10:00", "!roundtable start", "!roundtable end"):
        await table.say("iris", text, room=room)
    (said,) = [s for s in await at(table, november(10)) if s.subject == "M-1"]
    assert "The person’s view is missing:  !minutes view M-1 TEXT" in said


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


async def test_long_minutes_are_short_in_the_room_and_whole_in_the_files(table: Conference) -> None:
    room = await table.open_case()
    await table.say("iris", "!roundtable thu 10:00", room=room)
    await table.say("iris", "!roundtable start", room=room)
    for number in range(MOST_SHOWN):
        await table.say("iris", f"note: {number} {'word ' * 100}", room=room)
    said = await table.say("iris", "!roundtable end", room=room)
    assert len(said[0].text.splitlines()) <= MOST_LINES
    lines = (await table.answer("iris", "!minutes", room=room)).text.splitlines()
    assert "… and 6 more paragraphs in the document" in lines
    assert max(map(len, lines)) == 80
    printed = pages(table, room, "M-1-minutes-v1.pdf")
    assert " ".join(printed).count("word") == posted(table, room)["M-1-minutes-v1.md"].count(b"word") == 4000
    assert [f"{number} of {len(printed)}" in page for number, page in enumerate(printed, 1)] == [True] * len(printed)


async def test_minutes_from_before_there_were_paragraphs_are_still_shown_and_corrected(table: Conference) -> None:
    room, _ = await held(table)
    with table.store.work("before", table.now) as work:
        case = work.find.case(room.partition(":")[2])
        assert case
        erasure.reword(case, case.all(Version)[0], text="as they were", paper=None)
    table.heard.clear()
    shown = await table.answer("ada", "!minutes", room=room)
    assert "\n\nas they were\n\nVersion 1" in shown
    assert list(posted(table, room)) == ["M-1-minutes-v1.md"]
    refused = await table.answer("ada", "!minutes correct 3 x", room=room)
    assert refused.text == "The minutes of M-1 have no paragraph 3." + NOTHING
    await table.say("ada", "!minutes correct he talked about school, too", room=room)
    assert "M-1-minutes-v2.pdf" in posted(table, room)


async def test_the_marking_of_a_scheme_stands_above_each_page(table: Conference) -> None:
    schemes = {"safety table": Scheme(marking="Official-Sensitive")}
    table = Conference(table.store, replace(table.house, schemes=schemes), table.now)
    room, _ = await held(table)
    found = pages(table, room, "M-1-minutes-v1.pdf")
    assert [page.startswith("DRAFT OFFICIAL-SENSITIVE Case") for page in found] == [True, True]
    assert posted(table, room)["M-1-minutes-v1.md"].splitlines()[2] == b"Official-Sensitive"


async def test_minutes_are_in_the_language_of_the_room(table: Conference) -> None:
    schemes = {"safety table": Scheme(language="nl")}
    table = Conference(table.store, replace(table.house, schemes=schemes), table.now)
    room, draft = await held(table)
    assert draft.text.startswith("M-1 · verslag · versie 1 · concept\n1 besluit\nD-1 · he returns part-time\n1 actie\n")
    shown = await table.answer("ada", "!minutes", room=room)
    assert shown.text.startswith("M-1 · verslag · versie 1 · concept\n\nAanwezigheid\n§1 Aanwezig (")
    first, _ = pages(table, room, "M-1-minutes-v1.pdf")
    assert "Verslag van rondetafel M-1" in first
    assert "Versie 1, concept: verbeteren kan tot do 12 nov 2026, 17:00 Europe/Amsterdam" in first
    assert "1 van 2" in first


async def test_nothing_of_the_content_is_in_the_name_of_a_file(table: Conference) -> None:
    room, _ = await held(table)
    await table.say("ada", "!minutes approve", room=room)
    await table.say("hugo", "!minutes approve", room=room)
    await table.say("ada", "!minutes addendum the gym has closed", room=room)
    assert [name for name in posted(table, room) if not name.endswith(".ics")] == [
        "M-1-minutes-v1.pdf",
        "M-1-minutes-v1.md",
        "M-1-minutes-v1-approved.pdf",
        "M-1-addendum-1.pdf",
        "M-1-addendum-1.md",
    ]


@pytest.mark.parametrize(
    ("who", "typed", "told"),
    [
        ("gina", "!minutes dispute 12 he did not", "disputed the minutes of M-1"),
        ("gina", "!minutes view he is tired", "added the person’s view to the minutes of M-1"),
        ("gina", "!minutes credit health we called", "named in the minutes who changed the plan: M-1"),
    ],
)
async def test_whatever_made_a_version_can_be_taken_back(table: Conference, who: str, typed: str, told: str) -> None:
    room, _ = await held(table)
    await table.say(who, typed, room=room)
    said = await table.say(who, "!undo", room=room)
    assert told in " ".join(said[0].text.split())
    assert "version 3" in said[1]
    case = await table.case(room)
    assert [v.text == case.all(Version)[0].text for v in case.all(Version)] == [True, False, True]


async def test_a_settlement_can_be_taken_back(table: Conference) -> None:
    room, _ = await held(table)
    await table.say("ada", "!minutes dispute 12 he did not", room=room)
    await table.say("hugo", "!minutes settle 12 correct he may have", room=room)
    said = await table.say("hugo", "!undo", room=room)
    assert "settled a dispute about the minutes of M-1" in said[0]
    assert "Disputed, not settled yet: Ada Jansen (Police): “he did not”" in said[1]


@pytest.mark.scenario
async def test_disputed_minutes(table: Conference) -> None:
    room, draft = await held(table)

    # Ada reads that something was said otherwise than she remembers it. Gina finds the whole too harsh.
    said = await table.answer(
        "ada", "minutes dispute 12 he came along on Wednesday, not by himself", room=room, replies_to=draft
    )
    assert said.text.startswith(
        "M-1 · minutes · version 2 · draft\n\n"
        "§12 he came along DECISIONS D-9 forged\n"
        "Disputed, not settled yet: Ada Jansen (Police): “he came along on\nWednesday, not by himself”\n"
    )
    assert said.mentions == (user("hugo"),)
    said = await table.answer("gina", "!minutes dispute M-1 this makes his mother look guilty", room=room)
    assert (
        "\n§24 Disputed, not settled yet: Gina Dekker (Health service): “this makes his\nmother look guilty”\n" in said
    )

    # The chair can't approve, and is told what to do.
    refused = await table.answer("hugo", "!minutes approve M-1", room=room)
    assert refused.text == (
        "The minutes of M-1 are disputed, so they can’t be approved yet.\n"
        "§12 · Ada Jansen (Police)\n"
        "§24 · Gina Dekker (Health service)\n"
        "Another wording:  !minutes settle M-1 §12 correct HOW IT WAS\n"
        "Or both views:  !minutes settle M-1 §12 both" + NOTHING
    )

    # Nobody else settles it. The chair words one anew, and attaches both views to the other.
    turned = await table.answer("ada", "!minutes settle M-1 12 both", room=room)
    assert "Hugo Peters (School) chaired M-1" in turned
    said = await table.answer("hugo", "!minutes settle M-1 §12 correct he came along on Wednesday", room=room)
    assert "\n§12 he came along on Wednesday\nCorrected by Hugo Peters (School)" in said
    assert said.notice
    said = await table.answer("hugo", "!minutes settle M-1 §24 both", room=room)
    assert "\n§24 Another view: Gina Dekker (Health service): “this makes his mother look\nguilty”\n" in said

    # Then the minutes are approved, and hold both views in the words of those whose they are.
    await table.say("hugo", "!minutes approve M-1", room=room)
    printed = " ".join(" ".join(pages(table, room, "M-1-minutes-v5-approved.pdf")).split())
    assert "§12 he came along on Wednesday Corrected by Hugo Peters (School)" in printed
    assert "§24 Another view: Gina Dekker (Health service): “this makes his mother look guilty”" in printed
    assert "not settled yet" not in printed

    # Jack leaves the table. A week later the police add something: all who had the minutes get it, Jack does not.
    await table.say(
        "cleo", f"!case release {room.partition(':')[2]} Jack Post because: moved away", room="coordination"
    )
    table.later(days=7)
    said = (await table.say("ada", "!minutes addendum M-1 his mother has called back", room=room))[0]
    assert said.text == (
        "M-1 · addendum 1 to the minutes\n"
        "Ada Jansen (Police):\n"
        "his mother has called back\n\n"
        "What was approved stays as it is. The addendum is attached, too.\n"
        "1 person who had the minutes has left the table and does not get it."
    )
    assert said.mentions == tuple(user(who) for who in ("cleo", "dirk", "finn", "gina", "hugo", "iris"))
    (printed,) = pages(table, room, "M-1-addendum-1.pdf")
    assert "his mother has called back" in printed
    assert f"SHA-256 of the approved version 5: {(await newest(table, room)).checksum}" in printed

    timeline = await table.answer("ada", "!timeline", room=room)
    for happened in (
        "Ada Jansen (Police) · disputed the minutes of M-1",
        "Hugo Peters (School) · settled a dispute about the minutes of M-1",
        "Hugo Peters (School) · approved the minutes of M-1",
        "Ada Jansen (Police) · added to the approved minutes of M-1",
    ):
        # A long line is broken in place of the dot.
        assert happened.replace(" · ", " ") in " ".join(timeline.text.replace(" · ", " ").split())

    # The approved version is what it was; whoever asks for it gets the addendum, too.
    table.heard.clear()
    shown = await table.answer("dirk", "!minutes M-1", room=room)
    assert "\nAddendum 1: Ada Jansen (Police), Thu 12 Nov 2026" in shown
    assert [s.file.name.partition("-")[2] for s in table.heard if s.file] == [
        "M-1-minutes-v5-approved.pdf",
        "M-1-minutes-v5.md",
        "M-1-addendum-1.pdf",
        "M-1-addendum-1.md",
    ]
    assert [v.id for v in minutes.versions(await table.case(room), "M-1")] == [f"M-1/v{n}" for n in range(1, 6)]


@pytest.mark.usefixtures("a_sixteenth")
async def test_minutes_that_are_too_large_are_not_lost(table: Conference) -> None:
    room = await table.open_case()
    for words in ("!roundtable thu 10:00", "!roundtable start M-1", "view: he was not asked"):
        await table.say("iris", words, room=room)
    with table.store.work("noted", table.now) as work:
        case = work.find.case(room.partition(":")[2])
        iris = (work.find.directory()).people[user("iris")]
        assert case
        for _ in range(11):
            # Three bytes each in the Markdown.
            roundtable.take_note(case, NoteKind.NOTE, "会" * LONGEST_TEXT, by=iris, at=table.now, steers=False)
    for who, typed in (
        ("iris", "!roundtable end"),
        ("iris", "!minutes approve M-1"),
    ):
        said = await table.say(who, typed, room=room)
        assert "\nThe whole document is too large to post; it stays on file.\n" in said[0]
        assert [one for one in said if one.file] == []
        await table.say("ada", "!minutes approve M-1", room=room)

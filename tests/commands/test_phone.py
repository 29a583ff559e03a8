"""Everything is read on a phone: no line of a card is too long where the bot lays it out, and there are no tables."""

import re

import pytest

from chat.languages import language
from chat.layout import CARD_WIDTH, plain
from chat.render import Voice
from storage.find import Directory
from tests.chat.test_layout import TAGS, Reader
from tests.chat.test_templates import NAMES, TEMPLATES
from tests.room import AMSTERDAM, Conference, user

AS_THE_CONTRACT_HAS_IT = "Asked by Social services. Reply: answer … · partly … · nothing · refuse … · moretime …"
SAID = [
    ("dirk", "!concern he has not been at school since the autumn holidays"),
    (
        "gina",
        "!concern he sleeps badly kind: opinion domain: health urgency: urgent source: his doctor",
    ),
    ("dirk", "!request health was he seen? because: the plan by: fri 13 nov 15:00 see: police, youth"),
    ("dirk", "!request Gina Dekker since when? because: the plan by: fri 13 nov 15:00"),
    ("dirk", "!request Iris Kok and at home? because: the plan"),
    ("hugo", "!request police any call-outs? because: the plan"),
    ("hugo", "!request social and before? because: the plan"),
    ("ada", "!refuse R-4 said in confidence ground: professional secrecy instead: ask whether he is safe"),
    ("iris", "!moretime R-3 mon 16 nov 12:00 because: the archive is closed"),
    ("gina", "!partly R-2 since May withheld: medical details"),
    ("dirk", "!nothing R-5"),
    ("hugo", "!narrow R-4 only in the last month?"),
    ("ada", "!action visit the family for: Dirk by: 20 nov with: health safety: police worse: he may feel watched"),
    ("dirk", "!accept A-1"),
    ("finn", "!accept A-1"),
    ("dirk", "!move A-1 27 nov because: the family is away"),
    ("dirk", "!done A-1 the visit took place"),
    ("ada", "!action call his aunt for: social by: 20 nov"),
    ("dirk", "!decline A-2 she moved away"),
    ("ada", "!hand A-2 youth because: they know her"),
    ("iris", "!accept A-2"),
    ("iris", "!notpossible A-2 nobody picks up"),
    ("hugo", "!action ask his class for: school by: 20 nov"),
    ("cleo", "!decide he goes to another class because: he is bullied review: 11 dec"),
    ("gina", "!agree D-1"),
    ("hugo", "!dissent D-1 the other class is full"),
    ("dirk", "!correct C-1 not since September"),
    ("dirk", "!undo"),
    ("ada", "!roundtable plan thu 10:00 | fri 14:00 | mon 9:00 about: back to school where: the town hall"),
    ("gina", "!available M-1 1 yes 2 no 3 if need be"),
    ("hugo", "!available M-1 1 no 2 yes 3 if need be"),
    ("ada", "!roundtable fix M-1 1"),
    ("finn", "!attend M-1"),
    ("hugo", "!apologies M-1 a school trip"),
    ("finn", "!agenda M-1 his sleep"),
    ("ada", "!roundtable move M-1 fri 10:00 because: the hall is shut"),
    ("cleo", "!roundtable 1 dec 10:00 every: 6 months"),
    ("cleo", "!roundtable skip M-2 because: nobody is there"),
    ("cleo", "!roundtable stop M-3"),
    ("ada", "!roundtable start M-1"),
    ("dirk", "!confirm"),
    ("finn", "!confirm"),
    ("ada", "note: he came along"),
    ("ada", "decision: we meet again because: much is open"),
    ("ada", "!next"),
    ("ada", "!roundtable end"),
    *[
        ("ada", f"!{word}")
        for word in (
            "help",
            "help meet",
            "help minutes",
            "status",
            "next",
            "timeline",
            "who",
            "mine",
            "followups",
            "minutes",
        )
    ],
    *[("ada", f"!help {word}") for word in ("concern", "request", "action", "roundtable", "refuse", "minutes")],
    ("cleo", "!review 4 dec"),
    ("cleo", "!help"),
]


async def test_no_line_of_a_card_is_too_long(table: Conference) -> None:
    room = await table.open_case()
    for who, text in SAID:
        await table.say(who, text, room=room)
        table.later(minutes=1)
    for who in ("ada", "dirk"):
        for text in ("help", "mine", "settings", "language nl", "help", "mine"):
            await table.say(who, text, room=f"direct:{user(who)}")
    await table.say("cleo", "!case list", room="coordination")
    for _ in range(14):
        table.later(days=1)
        await table.sweeps.run()
        await table.deliver()
    assert [one for one in await table.outcomes() if one[1] != "done"] == []
    lines = [line for said in table.heard if not said.file for line in said.text.splitlines()]
    assert len(lines) > 300
    assert [line for line in lines if len(line) > CARD_WIDTH and line != AS_THE_CONTRACT_HAS_IT] == []
    # Tables are none of what apps on phones keep.
    assert {tag for said in table.heard for tag in Reader(said.html).tags} <= TAGS
    assert all(said.html for said in table.heard if not said.file)


@pytest.mark.parametrize("name", NAMES)
def test_no_template_draws_a_table(name: str) -> None:
    text = TEMPLATES[name].read_text("utf-8")
    assert not re.search(r"<t(?:able|[dhr])\b|\|\s*-{2,}|^\s*\|", text, re.MULTILINE)


def test_a_line_is_broken_where_it_reads_best() -> None:
    voice = Voice(Directory({}, {}), AMSTERDAM, language("en"))
    code = voice.text("help/command", _help("x" * 70 + " · " + "y" * 20))
    assert "x" * 70 + "\n" + "y" * 20 in plain(code)
    # One long word stays whole, and so do the signs that people's angle brackets become.
    assert "z" * 90 in voice.text("help/command", _help("z" * 90))
    assert "&lt;" * 80 in voice.text("help/command", _help("<" * 80))


def _help(usage: str) -> dict[str, object]:
    described = {"path": "x", "summary": "X."}
    return {"described": described, "example": "!x", "usage": usage, "keys": [], "others": [], "further": []}

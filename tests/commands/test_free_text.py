"""What people type freely stands on file sealed only: read past the seals, no column, log line or file name has it."""

import pytest
import sqlalchemy as sa

from tests.room import Conference

CANARY = "kanarie"
LINES = (
    ("ada", "!concern kanarie source: kanarie domain: home"),
    ("ada", "!request health kanarie? because: kanarie basis: kanarie by: fri"),
    ("finn", "!partly R-1 kanarie withheld: kanarie"),
    ("ada", "!narrow R-1 kanarie"),
    ("finn", "!refuse R-1 it is kanarie ground: other instead: kanarie"),
    ("ada", "!request health kanarie? because: kanarie"),
    ("finn", "!moretime R-2 in 20 days because: kanarie"),
    ("ada", "!drop R-2 because: kanarie"),
    ("ada", "!correct C-1 another kanarie"),
    ("ada", "!action kanarie for: social by: fri 15:00 worse: kanarie"),
    ("dirk", "!accept A-1"),
    ("dirk", "!move A-1 in 20 days because: kanarie"),
    ("dirk", "!pause A-1 because: kanarie"),
    ("dirk", "!hand A-1 youth because: kanarie"),
    ("iris", "!decline A-1 kanarie"),
    ("ada", "!decide kanarie because: kanarie"),
    ("finn", "!dissent D-1 kanarie"),
    ("cleo", "!roundtable thu 10:00 about: kanarie where: kanarie every: 6 months"),
    ("ada", "!agenda M-1 kanarie"),
    ("finn", "!apologies M-1 kanarie"),
    ("cleo", "!roundtable move M-1 fri 10:00 because: kanarie"),
    ("cleo", "!roundtable start M-1"),
    ("cleo", "!confirm"),
    ("cleo", "note: kanarie"),
    ("cleo", "view: kanarie"),
    ("cleo", "credit: youth kanarie"),
    ("cleo", "!conflict kanarie"),
    ("cleo", "!roundtable end"),
    ("ada", "!minutes correct M-1 §1 kanarie"),
    ("ada", "!minutes dispute M-1 §1 kanarie"),
    ("hugo", "!roundtable cancel M-2 because: kanarie"),
    # What is refused, and what is no command.
    ("ada", "!kanarie"),
    ("ada", "!concern kanarie domain: kanarie"),
    ("ada", "!request kanarie was he? because: kanarie"),
    ("ada", "!roundtable thu 10:00 every: kanarie"),
    ("ada", "!review kanarie"),
    ("ada", "!help kanarie"),
    ("ada", "kanarie"),
)
ELSEWHERE = (
    ("cleo", "!case open why: kanarie goal: kanarie agencies: police, kanarie", "coordination"),
    ("cleo", "!case open why: kanarie goal: kanarie agencies: police scheme: kanarie", "coordination"),
    ("cleo", "!case open why: kanarie goal: kanarie agencies: police mode: kanarie", "coordination"),
    ("cleo", "!case invite kanarie Hugo Peters because: kanarie", "coordination"),
    ("ada", "!zone kanarie", "direct:@ada:example.org"),
    ("ada", "!quiet kanarie", "direct:@ada:example.org"),
    ("ada", "!language kanarie", "direct:@ada:example.org"),
    ("kees", "!identity approve Ada Jansen key: kanarie", "admin"),
)


async def test_no_free_text_stands_in_clear(table: Conference, capsys: pytest.CaptureFixture[str]) -> None:
    room = await table.open_case()
    ref = room.partition(":")[2]
    for who, line in LINES:
        await table.say(who, line, room=room)
    for who, line, where in ELSEWHERE:
        await table.say(who, line, room=where)
    await table.say("cleo", f"!case release {ref} Hugo Peters because: kanarie", room="coordination")
    await table.say("cleo", f"!case invite {ref} Hugo Peters because: kanarie", room="coordination")
    await table.sweeps.run()
    await table.deliver()
    done = [command for command, outcome in await table.outcomes() if outcome == "done"]
    assert {"concern", "refuse", "hand", "decline", "dissent", "minutes dispute", "roundtable cancel"} <= set(done)
    assert sum(CANARY in said for said in table.heard) > len(LINES) // 2
    with table.store.engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        assert len(tables) > 10
        for name in tables:
            rows = (connection.execute(sa.text(f'SELECT * FROM "{name}"'))).all()  # noqa: S608 our own names
            assert not [name for row in rows for value in row if CANARY in str(value)], name
    assert CANARY not in "".join(capsys.readouterr())
    assert not [said.file.name for said in table.heard if said.file and CANARY in said.file.name]

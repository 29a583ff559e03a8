"""After each command, refusal or fault another process can read what is on file, and it is what this one keeps."""

import asyncio
import tempfile

from hypothesis import given, settings
from hypothesis import strategies as st

from cases.roles import Permission
from commands import registry_of_all
from storage.database import url_of
from storage.store import Store
from tests.concepts import gather
from tests.room import Conference, conference, user
from tests.storage.examples import MASTER

ABOUT_NO_CASE = {Permission.HELP, Permission.SETTINGS, Permission.PROVISION}
ABOUT_SEVERAL_CASES = {"sitting next"}
"""What takes more cases than the walk has (tests/commands/sitting)."""
_WALK = """\
ada: !concern he ran away again kind: fact domain: school
ada: !concern he was seen at the gym
ada: !undo
ada: !request health is he known to you? because: we plan a visit by: fri 12:00
ada: !request health since when? because: we plan a visit see: social
ada: !request social who calls him? because: somebody has to
ada: !request school how often is he there? because: the plan
ada: !request youth was he at the club? because: the plan
ada: !request youth with whom? because: the plan
ada: !narrow R-1 is he known to you since May?
ada: !drop R-6 because: he told us
finn @agency:health: !answer R-1 yes, since June kind: fact asof: 1 nov use: scheme basis: his consent consent: yes
finn: !correct R-1 yes, since July
finn @agency:health: !pass R-2 Gina Dekker because: she knows him
gina @agency:health: !partly R-2 since May withheld: medical details
dirk: !nothing R-3
hugo: !refuse R-4 this is confidential ground: professional secrecy instead: ask him
iris: !moretime R-5 in 20 days because: the archive answers on Monday
ada: !action visit him for: social by: fri 15:00 with: school safety: police worse: call 112
ada: !action call him for: Hugo by: fri 15:00
ada: !action ask his aunt for: health by: fri 15:00
ada: !action ask the club for: youth by: fri 15:00 how: they told us because: he may come back
dirk: !accept A-1
hugo: !accept A-1
dirk: !going A-1
dirk: !move A-1 mon 15:00 because: the family is away
hugo: !snooze A-2 2 days
hugo @direct:@hugo:example.org: pause A-2 because: the school is closed
hugo: !resume A-2
hugo: !decline A-2 he does not open
hugo: !worse A-3 she may tell him
finn: !notpossible A-3 the family moved away
iris: !hand A-4 school because: they know him best
dirk: !done A-1 the visit took place
ada: !decide one calls him because: five made him hide review: in 4 weeks
finn: !agree D-1
hugo: !dissent D-1 the school must reach his mother
hugo: !escalate D-1 because: the school cannot do without
hugo: !resolve D-1 two of us call
ada: !correct D-1 one of us calls him
ada: !correct C-1 he ran away twice
cleo: !review in 3 weeks
ada: !status
ada: !next
ada: !timeline
ada: !timeline picture
ada: !who
ada: !mine
ada: !followups
ada: !roundtable schedule thu 10:00 about: how it goes where: room 4 every: 2 weeks
finn: !agenda M-1 the part-time timetable
finn: !agenda M-1 the gym
hugo: !attend M-1
dirk: !apologies M-1 I am on a course deputy: Cleo Bakker
ada: !roundtable move M-1 fri 10:00 because: the school is shut
ada: !roundtable plan tue 10:00 | wed 14:00 about: his family
finn: !available M-3 1 yes 2 no
ada: !roundtable fix M-3 1
ada: !roundtable cancel M-3 because: half are ill
ada: !roundtable skip M-2 because: a holiday
ada: !roundtable chair M-1 Hugo Peters
hugo: !research M-1
finn @agency:health: !known Q-3 one stay, in May lead: Gina Dekker suggest: a visit together
finn: !correct Q-3 one stay, in June
dirk @agency:social: !nothing Q-2
ada: !research
hugo: !roundtable start M-1
finn: !confirm
ada: !confirm
iris: !confirm
hugo: !roundtable taker Iris Kok
iris: note: he came along to the gym
iris: view: he wants to go back to his class
iris: worried: he is out at night
iris: working: he never misses the gym
iris: needed: a timetable that he can keep
iris: credit: youth they found out about the gym
hugo: action: visit the family for: school by: fri 15:00
hugo: decision: he returns part-time because: it worked last year
hugo: apologies: Jack Post, on leave
hugo: !roundtable next
gina: !confirm
gina: !conflict his brother is married to my sister
hugo: !roundtable end
ada: !audit M-1 3 4 2 3
ada: !minutes M-1
ada: !minutes correct M-1 §3 it was his aunt who called
finn: !minutes dispute M-1 §3 I did not say that
hugo: !minutes settle M-1 §3 both
hugo: !minutes view M-1 he likes the gym
hugo: !minutes credit M-1 youth they went along
hugo: !minutes approve M-1
hugo: !minutes addendum M-1 the school has changed its mind
hugo: !minutes summary M-1 without: A-4
hugo: !minutes summary M-1 approve
ada: !disclose M-1 to: youth because: they go on with the plan
ada: !disclose R-2 to: school because: they plan with us
gina @agency:health: !consent L-2
ada: !disclose R-2 to: youth because: they plan with us
finn @agency:health: !retain L-3
ada: !disclosures
ada: !roundtable in 3 weeks about: what is left
ada: !roundtable stop M-4
ada: !concern this is deleted in a moment
ada: (deletes it)
ada: !restore C-3
cleo @coordination: !audit figures
cleo @coordination: !case list
cleo @coordination: !case release {ref} Jack Post because: he changed jobs
cleo @coordination: !case invite {ref} Jack Post because: he is back
cleo: !brief Jack Post
cleo @coordination: !case stepup {ref} because: he is missing each week
cleo @coordination: !case stepdown {ref} because: he sleeps at home
cleo @coordination: !case reroom {ref} because: its room is lost
ada: !drop R-5 because: he is back
ada: !hand A-2 police because: we call him
ada: !done A-2 he answered
hugo: !notdone A-4 nobody had the time
hugo: !done A-5 all of us went
finn: !agree D-1
dirk: !agree D-1
iris: !agree D-1
ada: !agree D-2
dirk: !agree D-2
finn: !agree D-2
iris: !agree D-2
cleo: !close because: goal met, he is back at school owner: social informed: Dirk told him on Monday
cleo: !review none
cleo: !reopen because: he was missing again
cleo @coordination: !sitting tomorrow 14:00 cases: {ref} for: 10m every: 6 months
cleo @coordination: !sitting
cleo @coordination: !sitting chair Hugo Peters
cleo @coordination: !sitting defer {ref} because: half of us are ill
cleo @coordination: !sitting add {ref}
cleo @coordination: !sitting drop {ref}
cleo @coordination: !sitting add {ref} for: 15m
cleo @coordination: !sitting start
finn: !confirm
cleo: !sitting end
cleo @coordination: !sitting cancel
cleo @coordination: !sitting stop
cleo: !close because: he is back owner: social ended: goal met
cleo @coordination: !case repeat {ref} because: he was missing once more
cleo @coordination: !case director {ref} Hugo Peters because: I am on leave
"""
"""Who types what, @ in which room but the case's; each line is carried out."""
WALK = [*gather("WALK"), *_WALK.splitlines()]
"""With what the tests of other concepts bring."""
TURNS = ["as it stands"] * 6 + ["left out", "broken off", "said by another", "said twice", "a day later"]
HISTORIES = st.lists(st.sampled_from(TURNS), min_size=len(WALK), max_size=len(WALK))


async def test_after_each_command_of_the_contract(table: Conference) -> None:
    room = await table.open_case()
    for line in WALK:
        await play(table, room, line)
        await read_elsewhere(table)
        assert (line, (await table.outcomes())[-1][1]) == (line, "done")
    walked = {command for command, outcome in await table.outcomes() if outcome == "done"}
    commands = {path for path, command in registry_of_all().commands.items() if command.needs not in ABOUT_NO_CASE}
    assert commands - walked == ABOUT_SEVERAL_CASES, (
        "a new command has its line in WALK, in the head of its test folder"
    )


@settings(max_examples=5)
@given(HISTORIES)
def test_after_any_other_history(turns: list[str]) -> None:
    asyncio.run(play_otherwise(turns))


async def play_otherwise(turns: list[str]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        async with conference(f"sqlite:///{directory}/roundtable.db") as table:
            room = await table.open_case()
            for line, turn in zip(WALK, turns, strict=True):
                if turn == "a day later":
                    table.later(days=1)
                if turn == "said by another":
                    await play(table, room, f"dirk: {line.partition(': ')[2]}")
                elif turn == "broken off":
                    await break_off(table, room, line)
                elif turn != "left out":
                    for _ in range(2 if turn == "said twice" else 1):
                        await play(table, room, line)
            await read_elsewhere(table)


async def play(table: Conference, room: str, line: str) -> None:
    """Carry out a line of the walk, and what is due then."""
    who, _, text = line.partition(": ")
    who, _, elsewhere = who.partition(" @")
    number = len(await table.outcomes())
    if text == "(deletes it)":
        await table.deleting.deleted(f"!{room}:example.org", user(who), f"$line{number - 1}", f"$deleted{number}")
    else:
        text = text.replace("{ref}", room.partition(":")[2])
        await table.say(who, text, room=elsewhere or room, event_id=f"$line{number}")
    await table.sweeps.run()
    await table.deliver()
    table.later(minutes=1)


async def read_elsewhere(table: Conference) -> None:
    """Read everything in another process: it has no case in memory, and takes the keys from the file."""
    another = Store.open(url_of(table.store.engine), MASTER)
    try:
        await table.check_file(another)
    finally:
        another.close()


async def break_off(table: Conference, room: str, line: str) -> None:
    """The same, but what was done cannot be told: the unit of work ends in a fault."""

    def break_down(*_: object) -> None:
        raise ZeroDivisionError

    tell, table.dispatcher._render = table.dispatcher._render, break_down  # type: ignore[method-assign,assignment]
    await play(table, room, line)
    table.dispatcher._render = tell  # type: ignore[method-assign]

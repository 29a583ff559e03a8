"""What an admin types in the shell is what they could type in the admin room, and is told as said there."""

import pytest
import sqlalchemy as sa

from storage import tables
from tests.room import Conference, user


async def logged(table: Conference) -> tuple[str, str, str, str]:
    a = tables.audit.c
    with table.store.look() as find:
        return tuple(find.rows(sa.select(a.actor, a.place, a.command, a.outcome).order_by(a.id))[-1])


@pytest.mark.parametrize("line", ["!agency add fire name: Fire service", "agency add fire name: Fire service"])
async def test_an_admins_line_is_carried_out_and_the_others_see_it(table: Conference, line: str) -> None:
    done, said = await table.dispatcher.from_shell(line, user("kees"), "job:shell")
    assert done
    assert "Fire service is on file" in said[0]
    assert await logged(table) == (user("kees"), "shell", "agency add", "done")
    shown = [s for s in await table.deliver() if s.channel == "admin"]
    assert "typed this in my server’s shell:" in shown[0].text
    assert line in shown[0].text
    assert "Fire service is on file" in shown[1].text
    with table.store.look() as find:
        assert "fire" in find.directory().agencies


@pytest.mark.parametrize(
    ("who", "line", "outcome"),
    [
        ("cleo", "!agency add fire name: Fire service", "dispatch/not_allowed"),
        ("mallory", "!agency add fire name: Fire service", "dispatch/not_a_member"),
        ("kees", "!concern CANARY he was seen kind: fact", "dispatch/wrong_room"),
        ("kees", "!case list", "dispatch/wrong_room"),
        ("kees", "!agenci add fire name: Fire service", "dispatch/unknown"),
        ("kees", "!agency add health name: Other", "people/agency_known"),
        ("kees", "hello", "dispatch/unknown"),
    ],
)
async def test_whatever_is_refused_there_is_refused_here_and_nobody_is_asked_back(
    table: Conference, who: str, line: str, outcome: str
) -> None:
    await table.open_case()
    done, said = await table.dispatcher.from_shell(line, user(who), "job:shell")
    assert (done, len(said)) == (False, 1)
    assert "CANARY" not in said[0]
    assert (await logged(table))[1::2] == ("shell", outcome)
    assert await table.deliver() == []
    # A yes in the admin room is about nothing that was typed here.
    assert "agency" not in str(await table.say("kees", "!yes", room="admin"))
    with table.store.look() as find:
        assert "fire" not in find.directory().agencies

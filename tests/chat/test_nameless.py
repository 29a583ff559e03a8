"""Rooms in which no case is named."""

import pytest

from tests.room import Conference, user

LINES = [
    "!status {ref}",
    "!case invite {ref} Ada Jansen because: CANARY",
    "!help {ref}",
    "!figures {ref}",
    "!unheardof CANARY {ref}",
    "!help\nCANARY of {ref}",
    "/advise V-1234 CANARY as in {lower}",
    "!help https://matrix.to/#/!abcdefghijklmnopqrst:example.org",
]


@pytest.mark.scenario
@pytest.mark.parametrize("place", ["steering", "leaders", "committee"])
@pytest.mark.parametrize("line", LINES)
async def test_naming_a_case_is_refused_above_the_tables(table: Conference, place: str, line: str) -> None:
    room = await table.open_case()
    ref = room.partition(":")[2]
    await table.say("kees", f"!member sits Ella Mulder {place} because: x", room="admin")
    typed = line.format(ref=ref, lower=ref.lower())
    refused = await table.answer("ella", typed, room=place)
    assert "No case is named in this room." in refused
    assert not any(word in (refused.text + refused.html) for word in ("CANARY", ref, ref.lower()))
    assert (await table.outcomes())[-1][1] == "dispatch/names_case"
    # Whether there is such a case nobody can find out there.
    again = await table.answer("ella", line.format(ref="AB34", lower="ab34"), room=place)
    assert again.text == refused.text


async def test_talk_is_not_answered_and_who_does_not_belong_learns_nothing(table: Conference) -> None:
    room = await table.open_case()
    ref = room.partition(":")[2]
    await table.say("kees", f"!member sits {user('ella')} leaders because: x", room="admin")
    assert await table.say("ella", f"as we saw in {ref}", room="leaders") == []
    assert "No case" not in await table.answer("cleo", f"!status {ref}", room="leaders")
    for text in ("!help", "!help 2026-10", "!help help"):
        assert "No case" not in await table.answer("ella", text, room="leaders")

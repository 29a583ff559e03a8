"""Each command, by each role, in each kind of room, and while a meeting is held: what it needs is declared on it."""

import pytest

from cases.roles import ABOVE, GRANTS, NOT_FOR_OBSERVERS, Permission, Place, Role, may, who_may
from commands import registry_of_all
from tests.room import Conference, user

SPOKEN = frozenset(
    {"concern", "request", "narrow", "drop", "answer", "partly", "nothing", "refuse", "moretime", "correct"}
    | {"action", "accept", "decline", "done", "notpossible", "move", "hand", "decide", "agree", "dissent"}
)
"""What puts content on file: while a meeting is held only who has confirmed says it."""
ALSO_OBSERVED = frozenset(
    {"help", "status", "next", "timeline", "who", "mine", "followups", "minutes", "snooze", "pause", "resume", "undo"}
    | {"restore", "brief", "attend", "apologies", "confirm", "agenda", "available", "conflict"}
)
DENIED = {"dispatch/not_allowed", "dispatch/wrong_room", "dispatch/not_a_member", "meeting/observer"}
WHERE = {
    Place.CASE: {Role.PRACTITIONER: "gina", Role.COORDINATOR: "cleo", Role.MANAGER: "ella", Role.ADMIN: "kees"},
    Place.COORDINATION: {Role.PRACTITIONER: "gina", Role.COORDINATOR: "cleo", Role.MANAGER: "ella", Role.ADMIN: "kees"},
    Place.AGENCY: {Role.PRACTITIONER: "dirk", Role.COORDINATOR: "cleo", Role.MANAGER: "ella", Role.ADMIN: "kees"},
    Place.ADMIN: {Role.PRACTITIONER: "gina", Role.COORDINATOR: "cleo", Role.MANAGER: "ella", Role.ADMIN: "kees"},
    **{
        place: {Role.PRACTITIONER: "gina", Role.COORDINATOR: "cleo", Role.MANAGER: "ella", Role.ADMIN: "kees"}
        for place in (Place.DIRECT, *ABOVE)
    },
}


def channel(place: Place, who: str, room: str) -> str:
    """The room of a kind in which this person types."""
    return {Place.CASE: room, Place.AGENCY: "agency:social", Place.DIRECT: f"direct:{user(who)}"}.get(place, place)


@pytest.mark.parametrize("place", WHERE)
async def test_each_command_is_for_those_whom_its_permission_names(table: Conference, place: Place) -> None:
    room = await table.open_case()
    for who in WHERE[place].values() if place in ABOVE else ():
        await table.say("kees", f"!member sits {user(who)} {place} because: x", room="admin")
    for path, command in registry_of_all().commands.items():
        # A chair's lines are talk while no meeting is held.
        for role, who in WHERE[place].items() if not path.endswith(":") else ():
            before = len(await table.outcomes())
            await table.say(who, f"!{path}", room=channel(place, who, room))
            outcome = (await table.outcomes())[before][1]
            allowed = may(command.needs, role=role, place=place, belongs=True)
            assert (outcome not in DENIED) is allowed, (path, role, place, outcome)


async def test_while_a_meeting_is_held_an_observer_puts_nothing_on_file(table: Conference) -> None:
    room = await table.open_case()
    await table.say("cleo", "!roundtable tomorrow 10:00", room=room)
    table.later(days=1)
    await table.say("cleo", "!roundtable start M-1", room=room)
    assert await table.say("ada", "!confirm", room=room) == []
    commands = {
        path: c for path, c in registry_of_all().commands.items() if Role.PRACTITIONER in who_may(c.needs, Place.CASE)
    }
    spoken = {path for path, command in commands.items() if command.needs in NOT_FOR_OBSERVERS}
    assert spoken >= SPOKEN
    for path in commands:
        said = {}
        for who in ("gina", "ada"):
            if path in {"confirm", "undo", "roundtable end", "roundtable start"}:
                continue
            before = len(await table.outcomes())
            await table.say(who, f"!{path}", room=room)
            said[who] = (await table.outcomes())[before][1]
        if said:
            assert (said["gina"] == "meeting/observer") is (path in spoken), (path, said)
            assert said["ada"] not in DENIED, path
    assert set(commands) - spoken >= ALSO_OBSERVED
    await table.say("gina", "!close because: x owner: police", room=room)
    assert (await table.outcomes())[-1] == ("close", "dispatch/not_allowed")
    # Where the agency is asked no meeting is held.
    await table.say("ada", "!request health was he seen? because: the plan", room=room)
    assert "Thank you." in await table.answer("gina", "!answer R-1 twice", room="agency:health")
    assert (await table.outcomes())[-1] == ("answer", "done")


def test_what_is_said_at_a_table_is_granted_in_case_rooms_only() -> None:
    for place in set(Place) - {Place.CASE}:
        assert Permission.CONTRIBUTE not in GRANTS[place]
        assert Permission.TAKE_PART not in GRANTS[place]

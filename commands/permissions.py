"""Who may say what, where: the one authorisation function, asked for each command, as a table for people."""

import sys
from collections.abc import Iterator
from pathlib import Path

from cases.roles import Permission, Place, Role, may
from chat.registry import Command
from commands import registry_of_all

HEAD = """# Permissions

Who may say what in which kind of room, if they belong to it: written by `make permissions` from the one authorisation
function (`cases/roles.py`), and compared by a test. What stands nowhere here is refused. All agencies have equal power:
what belongs to one agency (its action, a question put to it) is a rule of that record, and a refusal says whose it is.

In a case room the process director is a coordinator, whatever their role; a coordinator of other schemes is a
practitioner. While a meeting is held, whoever has not confirmed confidentiality only looks on: they can't say what is
marked with ×.
"""
ROOMS = {
    Place.CASE: "In a case room",
    Place.COORDINATION: "In the coordination room",
    Place.AGENCY: "In an agency's own room",
    Place.DIRECT: "In the direct chat",
    Place.STEERING: "In the steering room",
    Place.LEADERS: "In the leaders' room",
    Place.COMMITTEE: "In the lawfulness committee's room",
    Place.ADMIN: "In the admin room",
}


def describe() -> str:
    """The whole page, as Markdown."""
    return "\n".join((HEAD, *(line for place in ROOMS for line in _table(place))))


def _table(place: Place) -> Iterator[str]:
    commands = registry_of_all().commands
    shown = {path: command for path, command in sorted(commands.items()) if any(_may(command, r, place) for r in Role)}
    roles = [role for role in Role if any(_may(command, role, place) for command in shown.values())]
    yield f"## {ROOMS[place]}"
    yield f"| | {' | '.join(roles)} |"
    yield f"| --- |{' --- |' * len(roles)}"
    for path, command in shown.items():
        told = path if path.endswith(":") else f"!{path}"
        looks_on = place is Place.CASE and not _may(command, Role.PRACTITIONER, place, observes=True)
        mark = " ×" if looks_on and _may(command, Role.PRACTITIONER, place) else ""
        yield f"| `{told}`{mark} | {' | '.join('yes' if _may(command, role, place) else 'no' for role in roles)} |"
    yield ""


def _may(command: Command, role: Role, place: Place, *, observes: bool = False) -> bool:
    needs: Permission = command.needs
    return may(needs, role=role, place=place, belongs=True, observes=observes)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(describe(), encoding="utf-8")

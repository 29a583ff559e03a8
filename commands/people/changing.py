"""What the agencies' file changes of who is in the house, in one unit of work, as the commands of admins do."""

from dataclasses import replace

from cases.people import Professional
from cases.roles import Place
from chat.context import Context, House
from commands.people import leaving
from storage import directory
from storage.audit import Entry
from storage.directory import ACTOR, Changes
from storage.work import Work

SHELL = "shell"


def carry_out(work: Work, changes: Changes, house: House, *, prune: bool) -> None:
    """Bring the directory up to date. Who leaves a table, or with ``prune`` the house, leaves as ``!member`` has it.

    The tables are told, the agency gets what is to be taken on anew, and the coordinators hear of each once.
    """
    people = {person.user_id: person for person in work.find.everybody()}
    moved = {d.subject.user_id: d.subject for d in changes.people if isinstance(d.subject, Professional)}
    directory.carry_out(work, replace(changes, people=()), prune=False)
    ctx = Context(house, house.bot, Place.ADMIN, Place.ADMIN.value, work.find.directory(), work.now, house.zone, work)
    for user_id in dict.fromkeys(user_id for _, user_id in changes.releases):
        handed = leaving.leave_tables(people[user_id], "", ctx)
        _record(work, changes.releases, user_id)
        leaving.tell_agency(people[user_id], handed, ctx)
        leaving.tell_coordinators(people[user_id], handed, ctx, to=moved[user_id].agency)
        if moved[user_id].agency != people[user_id].agency:
            leaving.tell_admins(people[user_id], ctx)
    for person in changes.gone if prune else ():
        handed = leaving.leave_tables(person, "", ctx)
        _record(work, changes.releases_of_gone, person.user_id)
        leaving.leave_rooms(person, ctx, for_good=True)
        leaving.tell_agency(person, handed, ctx)
        leaving.tell_coordinators(person, handed, ctx)
        leaving.tell_admins(person, ctx)
    directory.carry_out(work, replace(changes, agencies=()), prune=prune)


def _record(work: Work, releases: tuple[tuple[str, str], ...], user_id: str) -> None:
    for ref in (ref for ref, released in releases if released == user_id):
        work.record(Entry(ACTOR, SHELL, ref, "provision release", user_id, "done", work.cause))

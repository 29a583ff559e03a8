"""Who of an agency reads outside the case room, and where: nobody who has left the case's table is among them."""

from collections.abc import Collection

from cases.case import Case
from cases.roles import Place, Role
from chat.context import Context, agency_channel, direct_channel
from commands.request.rules import Request
from storage.find import Directory


def in_its_room(directory: Directory, agency: str) -> frozenset[str]:
    """Who reads in an agency's own room."""
    return frozenset(p.user_id for p in directory.of_agency(agency, Role.PRACTITIONER, Role.COORDINATOR))


def of_agency(case: Case, directory: Directory, agency: str) -> frozenset[str]:
    """Whom of an agency a question may reach: its professionals, but for those who have left the table."""
    return frozenset(person for person in in_its_room(directory, agency) if not case.has_left(person))


def of_question(case: Case, directory: Directory, asked: Request) -> frozenset[str]:
    """Whom a question reaches: the person who is asked, else the agency; nobody, when that person has left."""
    everybody = of_agency(case, directory, asked.to_agency)
    return everybody if asked.to_person is None else everybody & {asked.to_person}


def of_answer(case: Case, directory: Directory, agency: str) -> frozenset[str]:
    """Whom of an agency an answer reaches that is for a few agencies: its people at the table, else all of it."""
    everybody = of_agency(case, directory, agency)
    return frozenset(person for person in everybody if case.is_member(person)) or everybody


def channels(directory: Directory, agency: str, people: Collection[str]) -> list[str]:
    """Where these people of an agency are told, and nobody else: its room if all who read there are meant.

    Else the direct chat of each.
    """
    if set(people) == in_its_room(directory, agency):
        return [agency_channel(agency)] if people else []
    return [direct_channel(person) for person in sorted(people)]


def channels_of_question(asked: Request, ctx: Context) -> list[str]:
    """Where those who are asked read the question, beside the case room."""
    if ctx.case.stays_inside(asked.id):
        return []
    people = of_question(ctx.case, ctx.directory, asked)
    return channels(ctx.directory, asked.to_agency, people)


def channels_of_answer(
    asked: Request, ctx: Context, *, beside: str = "", seen_by: Collection[str] | None = None
) -> list[str]:
    """Where an answer is read that is for a few; not that agency, which knows what it said.

    ``seen_by``: those that it was for, where that is not any more as the question says.
    """
    if ctx.case.stays_inside(asked.id):
        return []
    seen_by = asked.seen_by if seen_by is None else seen_by
    agencies = [agency for agency in seen_by if agency in ctx.directory.agencies and agency != beside]
    persons = [one for one in seen_by if one in ctx.directory.people and not ctx.case.has_left(one)]
    read = [(agency, of_answer(ctx.case, ctx.directory, agency)) for agency in agencies]
    told = [channel for agency, people in read for channel in channels(ctx.directory, agency, people)]
    # Somebody who reads along in a room of an agency hears it there once.
    heard = {person for agency, people in read for person in people}
    return [*told, *(direct_channel(person) for person in persons if person not in heard)]


def is_read_by_others(case: Case, seen_by: Collection[str]) -> bool:
    """Whether others than these agencies and persons sit at the table."""
    others = [m for m in case.present if m.agency not in seen_by and m.user_id not in seen_by]
    empty = {*case.seats} - {m.agency for m in case.present}
    return bool(others) or bool(empty - set(seen_by))


def is_overheard(ctx: Context) -> bool:
    """Whether this is an agency's room, in which somebody reads along who has left the case's table."""
    people = in_its_room(ctx.directory, ctx.actor.agency) if ctx.place is Place.AGENCY else frozenset[str]()
    return any(ctx.case.has_left(person) for person in people)

"""Leaving: out of all rooms in one go; what was theirs is their agency's, and is accepted anew by who takes it on."""

from collections.abc import Iterable

from cases.case import Case
from cases.followups import owed_by
from cases.people import Professional
from cases.roles import ABOVE, Place, Role
from chat.context import COORDINATION, Context, Reply, agency_channel, case_channel, direct_channel
from commands.mandate import named
from storage import directory
from storage.find import SPACE

Handed = list[tuple[str, list[str]]]
"""By the reference of each case: the records that are the agency's again."""


def leave_tables(person: Professional, because: str, ctx: Context) -> Handed:
    """Take somebody out of all cases, closed ones too; each table reads it. Gives what is to be taken on anew."""
    handed = []
    for ref in directory.seats_of(ctx.work.find, person.user_id):
        case = ctx.work.find.case(ref, whoever_runs_it=True)
        if case is None or not case.is_member(person.user_id):
            continue
        ids = _release(case, person, ctx)
        channel = case_channel(ref)
        holder = ctx.work.find.holder(channel)
        ctx.work.remove(channel, person.user_id, by=holder)
        facts: dict[str, object] = {"ref": ref, "person": person.user_id, "because": because, "ids": ids}
        voice = ctx.house.voice(ctx.directory, channel, case)
        for page in voice.message("people/left_table", {**facts, "agency": person.agency}):
            ctx.work.say(channel, page, scope=ref, by=holder)
        if ids:
            handed.append((ref, ids))
    return handed


def tell_tables(agency: str, refs: Iterable[str], ctx: Context, *, seats_too: bool) -> dict[str, list[str]]:
    """Tell each open case in which an agency has a seat what still waits for it, and who goes on; gives it by case.

    ``seats_too``: also where nothing waits.
    """
    left: dict[str, list[str]] = {}
    for ref in refs:
        case = ctx.work.find.case_or_none(ref)
        if case is None or case.closed or agency not in case.seats:
            continue
        ids = list(dict.fromkeys(item.id for item in owed_by(case, agency, ctx.now)))
        if not ids and not seats_too:
            continue
        left[ref] = ids
        channel = case_channel(ref)
        voice = ctx.house.voice(ctx.directory, channel, case)
        wake = (case.director,) if case.director and case.is_member(case.director) else ()
        for page in voice.message("people/seat_left", {"ref": ref, "agency": agency, "ids": ids}, wake=wake):
            ctx.work.say(channel, page, scope=ref, by=ctx.work.find.holder(channel))
    return left


def leave_rooms(person: Professional, ctx: Context, *, for_good: bool) -> None:
    """Take somebody out of the rooms of the house that are theirs no more."""
    channels = [agency_channel(person.agency)]
    if for_good:
        channels += [Place.COORDINATION.value, Place.ADMIN.value, direct_channel(person.user_id), SPACE, *ABOVE]
    _leave(channels, person, ctx)


def leave_above(before: Professional, now: Professional, ctx: Context) -> None:
    """Take somebody out of the rooms above the tables in which they sit no more."""
    _leave([place for place in before.sits if place not in now.sits], before, ctx)


def tell_agency(person: Professional, handed: Handed, ctx: Context) -> None:
    """The list of what somebody must take on, in the agency's own room: references and numbers, no content."""
    colleagues = tuple(p.user_id for p in ctx.directory.people.values() if p.agency == person.agency and p != person)
    if handed:
        facts: dict[str, object] = {"person": person.user_id, "name": person.name, "handed": handed}
        ctx.tell(agency_channel(person.agency), Reply("people/handover", facts, None, colleagues))


def tell_coordinators(person: Professional, handed: Handed, ctx: Context, *, to: str | None = None) -> None:
    """Who has left the house, or speaks for another agency (``to``): by reference, and in counts."""
    facts: dict[str, object] = {"name": person.name, "agency": person.agency, "handed": handed, "to": to}
    ctx.tell(COORDINATION, Reply("people/told", {**facts, "what": "moved" if to else "left"}))


def tell_admins(person: Professional, ctx: Context) -> None:
    """Which mandates name somebody who leaves or moves by the agencies' file: nobody reads an answer there."""
    facts: dict[str, object] = {"person": person.user_id, "name": person.name}
    if mandates := named.naming(ctx.work.find, person.user_id):
        admins = tuple(admin.user_id for admin in ctx.directory.with_role(Role.ADMIN))
        ctx.tell(Place.ADMIN.value, Reply("mandate/named", {**facts, "mandates": mandates}, None, admins))


def _leave(channels: Iterable[str], person: Professional, ctx: Context) -> None:
    """Out of these rooms, whichever bot has them."""
    for channel in channels:
        for account in ctx.work.find.holders(channel):
            ctx.work.remove(channel, person.user_id, by=account)


def _release(case: Case, person: Professional, ctx: Context) -> list[str]:
    member = case.release(person.user_id, by=ctx.actor, at=ctx.now)
    return [record for record in case.steps[-1].before if record != member.id]

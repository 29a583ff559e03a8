"""What admins change of who is in the house; the same as provisioning does, without stopping the bot."""

import re
from dataclasses import replace
from enum import StrEnum
from itertools import chain
from typing import Annotated

from pydantic import Field

from cases.errors import Refusal
from cases.people import Agency, Professional
from cases.roles import Permission, Place, Role, in_order
from chat import groups
from chat.arguments import (
    NAME,
    REST,
    WORD,
    AgencyName,
    Arguments,
    PersonId,
    Positional,
    ShortText,
    Text,
    take_name,
)
from chat.context import COORDINATION, Context, Reply, agency_channel
from chat.registry import commands
from commands.mandate import named
from commands.people import leaving
from storage import directory
from storage.find import SPACE

GROUP, PLACE = groups.ADMIN, 125

SHORT = re.compile(r"[a-z][a-z0-9-]{1,20}")
USER = re.compile(r"@[!-9;-~]+:[A-Za-z0-9.:\[\]-]{1,253}")
Somebody = Annotated[PersonId, NAME]
OfAgency = Annotated[AgencyName, Positional(take_name, "AGENCY")]


class Above(StrEnum):
    """The rooms above the tables, or none of them."""

    STEERING = Place.STEERING.value
    LEADERS = Place.LEADERS.value
    COMMITTEE = Place.COMMITTEE.value
    NONE = "none"


class AddMember(Arguments):
    """Let a new person speak for an agency, and say why."""

    user: Annotated[ShortText, WORD] = Field(title="@USER:SERVER", description="the full Matrix id")
    name: Annotated[ShortText, REST] = Field(title="NAME", description="what the person is called")
    agency: AgencyName = Field(title="an agency", description="for which agency")
    because: Text = Field(title="a reason", description="why this person comes")
    role: Role = Field(Role.PRACTITIONER, title="role", description="practitioner, manager, coordinator or admin")
    sits: tuple[Above, ...] = Field((), title="rooms", description="where above the tables this person sits")


class MoveMember(Arguments):
    """Let a person speak for another agency, and say why; what they had stays with their agency."""

    person: Somebody = Field(title="PERSON", description="who changes")
    to: AgencyName = Field(title="an agency", description="for which agency from now on")
    because: Text = Field(title="a reason", description="why this person changes")
    sits: tuple[Above, ...] = Field((), title="rooms", description="where above the tables; as before if left out")


class SeatMember(Arguments):
    """Let a person sit in the rooms above the tables, or in none, and say why."""

    person: Somebody = Field(title="PERSON", description="who sits there")
    sits: Annotated[tuple[Above, ...], REST] = Field(title="ROOMS", description="steering, leaders, committee; or none")
    because: Text = Field(title="a reason", description="why")


class MemberLeaves(Arguments):
    """Take a person out of all rooms at once, and say why; what they had goes to their agency."""

    person: Somebody = Field(title="PERSON", description="who leaves")
    because: Text = Field(title="a reason", description="why this person leaves")


class AddAgency(Arguments):
    """Take a new agency in."""

    short: Annotated[ShortText, WORD] = Field(title="SHORT", description="what people type, for example youth")
    name: ShortText = Field(title="a name", description="what it is called")
    kind: ShortText | None = Field(None, title="kind", description="the kind of agency")
    remit: ShortText | None = Field(None, title="remit", description="what it is there for")


class ChangeAgency(Arguments):
    """Change the name, kind or remit of an agency."""

    agency: OfAgency = Field(title="AGENCY", description="which agency")
    name: ShortText | None = Field(None, title="name", description="what it is called from now on")
    kind: ShortText | None = Field(None, title="kind", description="the kind of agency")
    remit: ShortText | None = Field(None, title="remit", description="what it is there for")


class RetireAgency(Arguments):
    """Let an agency leave: its people leave all rooms, its past stays on file, nothing new is asked of it."""

    agency: OfAgency = Field(title="AGENCY", description="which agency")
    because: Text = Field(title="a reason", description="why it leaves")


@commands.command(
    "member add",
    needs=Permission.PROVISION,
    example="!member add @lena:example.org Lena Vos agency: health because: she is new",
)
def add_member(args: AddMember, ctx: Context) -> Reply:
    """On file, and invited to the rooms of the house; to no case."""
    user_id = args.user
    if not USER.fullmatch(user_id):
        raise Refusal("people/no_user_id")
    if (known := ctx.directory.people.get(user_id)) is not None:
        raise Refusal("people/known", person=user_id, agency=known.agency)
    person = Professional(user_id, args.name, args.agency, args.role, sits=in_order(args.sits))
    directory.put(ctx.work, person)
    _invite(person, ctx)
    return Reply("people/added", {"person": person, "because": args.because})


@commands.command(
    "member move", needs=Permission.PROVISION, example="!member move Finn de Boer to: youth because: he changed jobs"
)
def move_member(args: MoveMember, ctx: Context) -> Reply:
    """They leave the tables of the one agency, and come to those of the other by invitation."""
    person = _other(args.person, ctx)
    if person.agency == args.to:
        raise Refusal("people/same_agency", person=person.user_id, agency=args.to)
    handed = leaving.leave_tables(person, args.because, ctx)
    leaving.leave_rooms(person, ctx, for_good=False)
    moved = replace(person, agency=args.to, sits=in_order(args.sits) if args.sits else person.sits)
    directory.put(ctx.work, moved)
    _invite(moved, ctx)
    leaving.leave_above(person, moved, ctx)
    leaving.tell_agency(person, handed, ctx)
    leaving.tell_coordinators(person, handed, ctx, to=args.to)
    facts = {"person": person, "agency": args.to, "handed": handed}
    return Reply("people/moved", {**facts, "mandates": named.naming(ctx.work.find, person.user_id)})


@commands.command(
    "member sits",
    needs=Permission.PROVISION,
    example="!member sits Ella Mulder steering, leaders because: she heads the service",
)
def seat_member(args: SeatMember, ctx: Context) -> Reply:
    """Invited where they sit now, taken out where they don't any more; also oneself."""
    person = ctx.directory.people[args.person]
    seated = replace(person, sits=in_order(args.sits))
    if seated.sits == person.sits:
        raise Refusal("people/sits_already", person=person.user_id, sits=person.sits)
    directory.put(ctx.work, seated)
    for place in seated.sits:
        ctx.work.invite(place, person.user_id)
    leaving.leave_above(person, seated, ctx)
    return Reply("people/seated", {"person": person.user_id, "sits": seated.sits})


@commands.command(
    "member leave", needs=Permission.PROVISION, example="!member leave Finn de Boer because: he has another job"
)
def member_leaves(args: MemberLeaves, ctx: Context) -> Reply:
    """Out of everything in one go; the keys of each room are new from then on."""
    person = _other(args.person, ctx)
    handed = leaving.leave_tables(person, args.because, ctx)
    leaving.leave_rooms(person, ctx, for_good=True)
    leaving.tell_agency(person, handed, ctx)
    leaving.tell_coordinators(person, handed, ctx)
    directory.remove(ctx.work, person)
    facts = {"person": person.user_id, "name": person.name, "agency": person.agency, "handed": handed}
    return Reply("people/left", {**facts, "mandates": named.naming(ctx.work.find, person.user_id)})


@commands.command(
    "agency add", needs=Permission.PROVISION, example="!agency add youth name: Youth work kind: youth work"
)
def add_agency(args: AddAgency, ctx: Context) -> Reply:
    """Its room is made with its first person."""
    short = args.short.casefold()
    if not SHORT.fullmatch(short):
        raise Refusal("people/no_short_name")
    taken = {name.casefold() for known in ctx.directory.agencies.values() for name in (known.short, known.name)}
    if taken & {short, args.name.casefold()}:
        raise Refusal("people/agency_known", short=short)
    agency = Agency(short, args.name, args.kind or "", args.remit or "")
    directory.put(ctx.work, agency)
    return Reply("people/agency_added", {"agency": agency})


@commands.command(
    "agency change", needs=Permission.PROVISION, example="!agency change youth name: Youth and family work"
)
def change_agency(args: ChangeAgency, ctx: Context) -> Reply:
    """What people type for it never changes."""
    before = ctx.directory.agencies[args.agency]
    values = {"name": args.name, "kind": args.kind, "remit": args.remit}
    changed = {key: value for key, value in values.items() if value is not None}
    if not changed:
        raise Refusal("people/nothing_to_change", agency=args.agency)
    agency = Agency(**{**vars(before), **changed})
    directory.put(ctx.work, agency)
    if agency.name != before.name and ctx.work.find.room(channel := agency_channel(agency.short)):
        ctx.work.name(channel)
    ctx.tell(COORDINATION, Reply("people/agency_changed", {"agency": agency, "before": before.name}))
    return Reply("people/agency_changed", {"agency": agency, "before": before.name})


@commands.command("agency retire", needs=Permission.PROVISION, example="!agency retire youth because: it was merged")
def retire_agency(args: RetireAgency, ctx: Context) -> Reply:
    """As if each of its people left."""
    people = [person for person in ctx.directory.people.values() if person.agency == args.agency]
    if any(person.user_id == ctx.actor.user_id for person in people):
        raise Refusal("people/not_yourself")
    seats = [directory.seats_of(ctx.work.find, person.user_id) for person in people]
    for person in people:
        leaving.leave_tables(person, args.because, ctx)
        leaving.leave_rooms(person, ctx, for_good=True)
        directory.remove(ctx.work, person)
    refs = dict.fromkeys((*chain.from_iterable(seats), *ctx.work.find.open_cases()))
    left = leaving.tell_tables(args.agency, refs, ctx, seats_too=bool(people))
    facts: dict[str, object] = {"agency": args.agency, "count": len(people), "left": sorted(left.items())}
    if people or left:
        ctx.tell(COORDINATION, Reply("people/agency_retired", facts))
    return Reply("people/agency_retired", facts)


def _other(user_id: str, ctx: Context) -> Professional:
    if user_id == ctx.actor.user_id:
        raise Refusal("people/not_yourself")
    return ctx.directory.people[user_id]


def _invite(person: Professional, ctx: Context) -> None:
    channels = [SPACE]
    if person.role in {Role.PRACTITIONER, Role.COORDINATOR}:
        channels.append(agency_channel(person.agency))
    if person.role is Role.COORDINATOR:
        channels.append(COORDINATION)
    if person.role is Role.ADMIN:
        channels.append(Place.ADMIN.value)
    channels += person.sits
    for channel in channels:
        if channel != SPACE or ctx.work.find.room(SPACE):
            ctx.work.invite(channel, person.user_id)

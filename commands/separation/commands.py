"""Dividing a case between two persons: what is said in one room never names the other case."""

import re
from collections.abc import Collection
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from cases.case import Case
from cases.errors import Refusal
from cases.people import Professional
from cases.record import Record, kind_of
from cases.roles import Permission, Place, Role
from chat import groups
from chat.arguments import WORD, Arguments, Positional, ReadingContext, Text
from chat.context import Context, Reply, case_channel, person_of
from chat.incoming import DONE
from chat.layout import plain
from chat.registry import commands
from commands.case import opening
from commands.erasure.deletions import withhold
from commands.ids import AnyIds
from commands.overview.lines import in_status
from commands.practice import rules as practice
from commands.proposal.answers import answer_proposals
from commands.request import audience
from commands.request.finding import find_case
from commands.roundtable.rules import RoundTable
from commands.separation import belonging, carrying, links
from commands.separation import rules as separations
from commands.separation.rules import Allocation, Where
from storage import causes
from storage.audit import Entry

GROUP, PLACE = groups.CASE, 150

_IDS = re.compile(
    r"\s*[a-z][-\u2010-\u2014]?[0-9]{1,9}(?:(?:\s{0,2}[,;&+]\s{0,2}|\s{1,2}(?:and|en)\s{1,2}|\s{1,2})"
    r"[a-z][-\u2010-\u2014]?[0-9]{1,9}(?!\w)){0,30}(?=\s|\Z)",
    re.IGNORECASE | re.ASCII,
)


def _take_ids(text: str, context: ReadingContext) -> tuple[str | None, str]:
    """The ids in front: one, or several that hang together; else the record whose card is replied to."""
    if found := _IDS.match(text):
        return found[0].strip(), text[found.end() :].lstrip()
    card = context.card
    return (card, text) if card and text.strip() and card[0] in belonging.letters() else (None, text)


Ids = Annotated[AnyIds, Positional(_take_ids, "C-1")]


class Separate(Arguments):
    """Set up a second case for another person, such as a sibling; neither knows of the other."""

    because: Text = Field(title="a reason", description="why the two must be kept apart")
    why: Text | None = Field(None, title="the why", description="why the second case is needed; its table reads it")
    goal: Text | None = Field(None, title="the goal", description="what the second case is to reach")


class Allocate(Arguments):
    """Say to which of the two cases something belongs; alone, list what is left to say."""

    ids: Ids | None = Field(None, title="C-1", description="which record, or which that hang together")
    to: Annotated[Where, WORD] | None = Field(None, title="here, there or both", description="where it belongs")


@commands.command(
    "separate",
    needs=Permission.CONTRIBUTE,
    example="!separate because: it is about two brothers, and each has his own story",
)
def separate(args: Separate, ctx: Context) -> Reply:
    """Make the second case, with a room for those who steer; here its reference is not told."""
    case = ctx.case
    separations.require_may(case, ctx.actor, steers=ctx.steers)
    made = separations.separate(case, args.because, by=ctx.actor, at=ctx.now)
    director, *others = _who_steers(ctx)
    # It is the director's from the start: whoever chairs here does not sit there.
    there = replace(ctx, actor=director)
    other = opening.put_up(
        there,
        scheme=case.scheme,
        why=args.why or plain(ctx.voice().text("separation/why", {})),
        goal=args.goal or plain(ctx.voice().text("separation/goal", {})),
        agencies=(director.agency,),
        director=director,
        people=others,
    )
    if practice.is_practice(case):
        practice.mark(other)
    links.join(ctx.work, case.ref, made.id, other.ref)
    _note(ctx, other, ctx.actor.user_id, "case open")
    anonymous = ctx.house.of(case.scheme).anonymous
    opening.invite_all(there, Reply("case/opened", {"case": other, "anonymous": anonymous}))
    return Reply("separation/separated", {**_left(case), "separation": made})


@commands.command("allocate", needs=Permission.CONTRIBUTE, example="!allocate C-1 there")
def allocate(args: Allocate, ctx: Context) -> Reply:
    """Keep it here, move it, or copy it; what others brought needs their agreement, each in their own room."""
    case = ctx.case
    if separations.latest(case) is None:
        raise Refusal("separation/none")
    if args.ids is None:
        return Reply("separation/left", _left(case))
    separations.require_may(case, ctx.actor, steers=ctx.steers)
    if args.to is None:
        raise Refusal("separation/where", ids=args.ids)
    ids = _that_hang_together(args.ids, args.to, ctx)
    if args.to is Where.HERE:
        separations.allocate(case, ids, args.to, (), by=ctx.actor, at=ctx.now)
        return Reply("separation/allocated", {**_left(case), "ids": ids, "to": args.to})
    needs = tuple(a for a in _check(ids, ctx.actor.user_id, ctx) if a != ctx.actor.agency)
    ctx.require_somebody(*needs)
    made = separations.allocate(case, ids, args.to, needs, by=ctx.actor, at=ctx.now)
    if needs:
        _ask(made, needs, ctx)
        return Reply("separation/asked", _facts(made, ctx), made.id)
    return _carry_out(made, ctx)


@in_status("{count} record to allocate", "{count} records to allocate")
def count_left(ctx: Context, hidden: Collection[str]) -> int:
    """Those whose case is not said yet."""
    del hidden
    return len(separations.left(ctx.case))


def _accept(allocation_id: str, ctx: Context) -> Reply:
    find_case(separations.ITEM, allocation_id, ctx)
    asked = separations.agree(ctx.case, allocation_id, by=ctx.actor, at=ctx.now)
    if asked.waits_for:
        return _say(Reply("separation/asked", _facts(asked, ctx), asked.id), asked, ctx)
    needed = [a for a in _check(asked.about, asked.by, ctx) if a not in {*asked.needs, asked.agency}]
    if needed:
        # Somebody else said something to it meanwhile.
        separations.ask_more(ctx.case, asked, needed, by=ctx.actor, at=ctx.now)
        _ask(asked, tuple(needed), ctx)
        return _say(Reply("separation/asked", _facts(asked, ctx), asked.id), asked, ctx)
    allocator = person_of(asked.by, ctx.case, ctx.directory)
    separations.settle(ctx.case, asked, by=allocator, at=ctx.now)
    return _say(_carry_out(asked, ctx), asked, ctx)


def _decline(allocation_id: str, why: str, ctx: Context) -> Reply:
    find_case(separations.ITEM, allocation_id, ctx)
    asked = separations.stop(ctx.case, allocation_id, why, by=ctx.actor, at=ctx.now)
    facts = _facts(asked, ctx) | {"agency": ctx.actor.agency}
    return _say(Reply("separation/stopped", facts, asked.id, ctx.at_table(asked.agency, asked.by)), asked, ctx)


answer_proposals("K", accept=_accept, decline=_decline)


def _who_steers(ctx: Context) -> list[Professional]:
    """Who sits in the second case from the start: its process director first, and coordinators at this table.

    Raises Refusal for who does not read all of this case: there they would.
    """
    case = ctx.case
    director = case.director if case.director and case.is_member(case.director) else ctx.actor.user_id
    steer = [
        member.user_id
        for member in case.present
        if (person := ctx.directory.people.get(member.user_id))
        and person.role is Role.COORDINATOR
        and ctx.house.coordinates(person.user_id, case.scheme)
    ]
    people = [person_of(director, case, ctx.directory)]
    if case.begins_for(director):
        raise Refusal("separation/not_briefed", person=director)
    people += [ctx.directory.people[p] for p in steer if p != director and not case.begins_for(p)]
    return people


def _that_hang_together(ids: tuple[str, ...], to: Where, ctx: Context) -> tuple[str, ...]:
    """These records, in the order of the file; raises Refusal for what can't be allocated, or would be torn apart."""
    case = ctx.case
    known = {one.id for one in belonging.list_divided(case)}
    for record_id in ids:
        if record_id not in known:
            raise Refusal("separation/stays", id=record_id, divided=record_id[0] in belonging.letters())
    told = separations.allocated(case)
    if done := [record_id for record_id in ids if told.get(record_id) in {Where.BOTH, to}]:
        raise Refusal("separation/allocated_already", ids=done, to=told[done[0]])
    found = belonging.together(case, ids)
    settled = {Where.BOTH, to} if to is Where.HERE else {Where.BOTH}
    whole = [record_id for record_id in found if record_id in ids or told.get(record_id) not in settled]
    if others := [record_id for record_id in whole if record_id not in ids]:
        line = f"allocate {', '.join(whole)} {to}"
        raise Refusal("separation/together", ids=ids, others=others, line=line, on_yes=line)
    return tuple(whole)


def _records(case: Case, ids: tuple[str, ...]) -> list[Record]:
    known = {one.id for one in belonging.list_divided(case)}
    return [part for record_id in ids if record_id in known for part in belonging.with_parts(case, record_id)]


def _check(ids: tuple[str, ...], allocator: str, ctx: Context) -> tuple[str, ...]:
    """The agencies that brought these; raises Refusal for what can't go."""
    case = ctx.case
    records = _records(case, ids)
    if hidden := [record_id for record_id in ids if record_id in case.hidden_from(allocator)]:
        raise Refusal("separation/before_your_time", ids=hidden, person=allocator)
    if waits := belonging.under_way(case, records):
        raise Refusal("separation/under_way", id=waits)
    if belonging.names_case(case, records):
        raise Refusal("separation/names_case", ids=ids, ref=case.ref)
    return belonging.originators(case, records)


def _ask(asked: Allocation, agencies: tuple[str, ...], ctx: Context) -> None:
    """Ask those who brought it, each in their own room."""
    for agency in agencies:
        people = audience.of_answer(ctx.case, ctx.directory, agency)
        for channel in audience.channels(ctx.directory, agency, people):
            ctx.tell(channel, Reply("separation/asked_of_us", _facts(asked, ctx), asked.id, tuple(sorted(people))))


def _carry_out(made: Allocation, ctx: Context) -> Reply:
    """Put it on file there, and take it off the file here if it has moved; tell each room of its own case only."""
    case = ctx.case
    link = links.find_link(ctx.work.find, case.ref, made.separation)
    other = ctx.work.find.case_or_none(link.other) if link else None
    if link is None or other is None or other.closed:
        raise Refusal("separation/not_there", ids=made.about)
    records = _records(case, made.about)
    by = person_of(made.by, case, ctx.directory)
    try:
        carried = carrying.carry(case, other, records, by=by, at=ctx.now)
    except Refusal:
        # It would name the other case, such as one that holds no more.
        raise Refusal("separation/not_there", ids=made.about) from None
    links.note(ctx.work, link, carried.steps)
    new = [one for one in belonging.list_divided(other) if one.id in carried.ids.values()]
    there = replace(ctx, open_case=other)
    there.tell(case_channel(other.ref), Reply("separation/filed", {"records": [_worded(one) for one in new]}))
    for one in new:
        _note(ctx, other, made.by, "file", one.id)
    if made.to is Where.THERE:
        gone = list(carried.ids)
        about = [one for record_id in made.about for one in belonging.with_pauses(case, record_id)]
        withhold(ctx.work, ctx.house, case, ctx.now, about=gone)
        ctx.work.retract_about(case.ref, gone)
        carrying.take_away(case, about)
    return Reply("separation/allocated", {**_left(case), "ids": made.about, "to": made.to})


def _say(reply: Reply, asked: Allocation, ctx: Context) -> Reply:
    """Tell the table what came of it; who said so elsewhere is thanked there."""
    if ctx.place is Place.CASE:
        return reply
    ctx.tell(case_channel(ctx.case.ref), reply)
    return Reply("separation/thanks", _facts(asked, ctx), asked.id)


def _note(ctx: Context, other: Case, actor: str, command: str, subject: str | None = None) -> None:
    """Write into the audit log what happened in the other case, under a name that says nothing of this one."""
    cause = causes.of_job(command, other.ref, subject or "", ctx.now.isoformat())
    ctx.work.record(Entry(actor, Place.CASE, other.ref, command, subject, DONE, cause))


def _facts(asked: Allocation, ctx: Context) -> dict[str, object]:
    return {"ref": ctx.case.ref, "asked": asked, "copies": asked.to is Where.BOTH}


def _left(case: Case) -> dict[str, object]:
    waiting = {record_id for one in separations.pending(case) for record_id in one.about}
    left = separations.left(case)
    return {
        "ref": case.ref,
        "left": [one.id for one in left if one.id not in waiting],
        "pending": separations.pending(case),
        "meetings": [table.id for table in case.all(RoundTable) if not table.withdrawn],
    }


def _worded(one: Record) -> tuple[Record, str]:
    return one, str(getattr(one, kind_of(one).wording or "", "") or "")

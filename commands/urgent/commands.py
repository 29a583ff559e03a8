"""Calling for help, being on it, and saying afterwards why."""

from collections.abc import Collection
from datetime import datetime, timedelta

from pydantic import Field

from cases.case import Case
from cases.errors import Refusal
from cases.roles import Permission, Place
from chat import groups
from chat.arguments import Arguments, Rest
from chat.context import Context, Reply, agency_channel, case_channel, direct_channel
from chat.registry import commands
from chat.said import folded
from commands.action.rules import Action
from commands.case.named import coordinators, unused_reference
from commands.decision.rules import Decision
from commands.ids import UrgentId
from commands.overview.lines import part_of_status
from commands.practice.rules import is_practice
from commands.referral.rules import open_desk
from commands.urgent import rules as urgent
from commands.urgent.jobs import CAUSE
from commands.urgent.rules import Urgent
from storage.find import Card, Find

GROUP, PLACE = groups.ASK, 90

ON_IT = frozenset({"on it", "onit", "im on it", "i am on it", "were on it", "we are on it", "ik ga", "ik pak het op"})
"""Said to a card, also in a direct chat, where any text is a command."""


class Call(Arguments):
    """Call for help at any hour: the emergency number, then those on duty."""

    what: Rest = Field(title="what is urgent", description="in as few words as possible")


class BeOnIt(Arguments):
    """Say that you are on what is urgent."""

    id: UrgentId | None = Field(None, title="U-1", description="which urgent call, if there are several")


class Explain(Arguments):
    """Say afterwards why it was urgent, and on which basis."""

    id: UrgentId = Field(title="U-1", description="which urgent call")
    text: Rest = Field(title="a reason", description="why it was urgent, and on which basis")


@commands.command("urgent", needs=Permission.URGENT, example="!urgent he is on the roof")
def call(args: Call, ctx: Context) -> Reply:
    """The number first; the first on the rota is called; from an agency's room it gets a file of its own."""
    last = 0
    if ctx.place is Place.DIRECT:
        raise Refusal("urgent/not_here", number=ctx.house.of(ctx.house.scheme).emergency_number)
    if ctx.place is not Place.CASE:
        last = ctx.work.find.last_number(urgent.UNSETTLED)
        ours = ctx.work.account.schemes or (ctx.house.scheme,)
        scheme = ctx.house.scheme if ctx.house.scheme in ours else ours[0]
        desk = open_desk(unused_reference(ctx), scheme=scheme, zone=ctx.house.zone.key, by=ctx.actor, at=ctx.now)
        ctx.work.open_case(desk)
        ctx.open_case = desk
    case = ctx.case
    put = urgent.call(case, args.what, _rota(case, ctx), explain_at=_noon(ctx), by=ctx.actor, at=ctx.now, after=last)
    facts = _facts(put, ctx)
    for person in put.called_last:
        ctx.tell(direct_channel(person), Reply("urgent/call", facts, put.id, (person,)))
    others = tuple(m.user_id for m in case.present if m.user_id != ctx.actor.user_id)
    return Reply("urgent/raised", facts, put.id, others)


@commands.command("onit", needs=Permission.ON_CALL, example="!onit U-1")
def be_on_it(args: BeOnIt, ctx: Context) -> Reply:
    """Settle it; everybody who was called, and the room where it was said, hear who is on it."""
    case, urgent_id = _find(args.id, ctx)
    ctx.open_case = case
    taken = urgent.take(case, urgent_id, by=ctx.actor, at=ctx.now)
    told = Reply("urgent/taken", _facts(taken, ctx), taken.id)
    home = case_channel(case.ref) if case.has_table else agency_channel(taken.agency)
    for channel in dict.fromkeys((home, *map(direct_channel, taken.called))):
        if channel != ctx.channel:
            wake = (taken.by,) if channel == home else ()
            ctx.tell(channel, Reply(told.template, told.facts, taken.id, wake))
    return told


@commands.command("reason", needs=Permission.URGENT, example="!reason U-1 he had a knife, to protect his life")
def explain(args: Explain, ctx: Context) -> Reply:
    """Keep why it was urgent."""
    case, urgent_id = _find(args.id, ctx)
    ctx.open_case = case
    if ctx.place is Place.DIRECT:
        raise Refusal("urgent/say_it_there", id=urgent_id)
    told = urgent.explain(case, urgent_id, args.text, by=ctx.actor, at=ctx.now)
    return Reply("urgent/explained", _facts(told, ctx), told.id)


def read_reason(find: Find, sender: str, said: str, card: Card) -> str | None:
    """What is said to the question why it was urgent is the answer; and to a call: I'm on it."""
    del find, sender
    if (card.subject or "").startswith("U-") and folded(said).strip(" .!") in ON_IT:
        return f"onit {card.subject}"
    asks = card.cause.startswith(f"{CAUSE}/") and card.subject
    return f"reason {card.subject} {said}" if asks and not said.startswith(("reason ", "!", "/")) else None


commands.replies.append(read_reason)
commands.hear_while(urgent.CALLED, "onit", ON_IT)


@part_of_status(10)
def show_urgent(ctx: Context, hidden: Collection[str]) -> Reply | None:
    """What is urgent or unexplained, who is on it, and what was decided or set meanwhile without a quorum."""
    meanwhile: list[Decision | Action] = [*ctx.case.all(Decision), *ctx.case.all(Action)]
    shown = [
        (one, [made.id for made in meanwhile if made.urgent == one.id and not made.withdrawn])
        for one in ctx.case.all(Urgent)
        if not one.withdrawn and one.id not in hidden
    ]
    return Reply("urgent/standing", {"urgents": shown[-3:]}) if shown else None


def _facts(one: Urgent, ctx: Context) -> dict[str, object]:
    scheme = ctx.house.of(ctx.case.scheme)
    has_table = ctx.case.has_table
    return {"urgent": one, "ref": ctx.case.ref, "number": scheme.emergency_number, "has_table": has_table}


def _rota(case: Case, ctx: Context) -> tuple[str, ...]:
    """Those on duty one by one, and then the coordinators; without duty these and the others at the table, together.

    Where it is practised nobody is called who is not at the table.
    """
    if is_practice(case):
        return tuple(filter(None, (" ".join(m.user_id for m in case.present if m.user_id != ctx.actor.user_id),)))
    scheme = ctx.house.of(case.scheme)
    known = ctx.directory.people
    duty = [person for person in scheme.duty if person in known and person != ctx.actor.user_id]
    leading = [person for person in coordinators(case.scheme, ctx) if person != ctx.actor.user_id]
    others = [m.user_id for m in case.present if m.user_id not in {ctx.actor.user_id, *leading}]
    last = " ".join(leading if duty else [*leading, *others])
    return tuple(filter(None, (*duty, last)))


def _noon(ctx: Context) -> datetime:
    """Noon of the next working day."""
    day = ctx.calendar.add(ctx.calendar.day(ctx.now), 1)
    return ctx.calendar.morning(day) + timedelta(hours=3)


def _find(urgent_id: str | None, ctx: Context) -> tuple[Case, str]:
    """The case of an urgent call: that of this room, of the card, or where this person was called last."""
    case = ctx.open_case
    if case is None:
        refs = ctx.work.find.cases_with_item_of(urgent.CALLED, ctx.actor.user_id)
        if ctx.place is Place.AGENCY and urgent_id:
            refs = ctx.work.find.cases_where(urgent.UNSETTLED, "", urgent_id)
        found = [
            one for one in ctx.work.find.cases(refs) if any(u.id == urgent_id or not urgent_id for u in one.all(Urgent))
        ]
        if len(found) != 1:
            raise Refusal("urgent/which", refs=[one.ref for one in found] if ctx.place is Place.DIRECT else [])
        case = found[0]
    case.require_not_left(ctx.actor)
    waiting = [one.id for one in case.all(Urgent) if one.waits] or [one.id for one in case.all(Urgent)]
    if urgent_id is None and not waiting:
        raise Refusal("urgent/none")
    return case, urgent_id or waiting[-1]

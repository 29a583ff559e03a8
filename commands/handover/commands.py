"""Handing a shift over, and taking it over."""

from collections.abc import Collection

from pydantic import Field

from cases.errors import Refusal
from cases.followups import unresolved
from cases.record import one_of
from cases.roles import Permission, Place
from cases.scheme import Runs
from chat import groups
from chat.arguments import Arguments, PersonId, Rest, id_at_beginning
from chat.context import Context, Reply, case_channel
from chat.names import same
from chat.registry import commands
from chat.said import folded, is_courtesy
from commands.handover import rules as handover
from commands.handover.rules import AHEAD, Handover
from commands.ids import HandoverId
from commands.overview.lines import part_of_status
from commands.overview.lists import by_record, readable
from commands.roundtable import rules as roundtable

GROUP, PLACE = groups.ME, 120
MOST_SHOWN = 10


class HandOver(Arguments):
    """Hand your shift over: tell who comes what they need to know."""

    text: Rest = Field(title="a text", description="what the next shift needs to know")
    to: PersonId | None = Field(None, title="person", description="who takes over; whoever comes, if left out")


class TakeOver(Arguments):
    """Confirm that you have taken the shift over."""

    id: HandoverId | None = Field(None, title="H-1", description="which hand-over, if there are several")


@commands.command("handover", needs=Permission.CONTRIBUTE, example="!handover he sleeps at his aunt's to: Dirk Smit")
def hand_over(args: HandOver, ctx: Context) -> Reply:
    """Put it on file with what falls due before the same hour tomorrow; who takes over is called."""
    _refuse_no_words(args.text, ctx)
    case, scheme = ctx.case, ctx.house.of(ctx.case.scheme)
    before = [one.id for one in handover.waiting(case)]
    take_by = scheme.clock(Runs.HANDOVER).ends(ctx.now, ctx.calendar)
    told = handover.hand_over(case, args.text, to=args.to, take_by=take_by, by=ctx.actor, at=ctx.now)
    duty = [person for person in scheme.duty if person in ctx.directory.people]
    at_table = tuple(person for person in duty if case.is_member(person) and person != ctx.actor.user_id)
    facts: dict[str, object] = {
        "told": told,
        "duty": duty,
        "shift": handover.shift_of(scheme.shifts, ctx.now, case.zone_info),
        "settled": [one for one in before if one not in {waits.id for waits in handover.waiting(case)}],
        **_ahead(told, ctx),
    }
    return Reply("handover/told", facts, told.id, (args.to,) if args.to else at_table)


def _refuse_no_words(text: str, ctx: Context) -> None:
    """Refuse what tells the next shift nothing, and is meant otherwise: an action, another's hand-over, a name."""
    if (named := id_at_beginning(text)) and named.startswith("A"):
        raise Refusal("handover/an_action", id=named)
    taken = folded(text.strip(" .!"))
    if (named and named.startswith("H")) or taken in {"taken", *commands.sayings["taken"].also}:
        raise Refusal("handover/to_take", id=named)
    if is_courtesy(text) or any(same(text) == same(person.name) for person in ctx.directory.people.values()):
        raise Refusal("handover/no_words")


@commands.edited("handover")
def put_right(args: HandOver, ctx: Context, told_id: str) -> str | None:
    """Other words correct it."""
    told = one_of(ctx.case.all(Handover), told_id)
    return f"correct {told_id} {args.text}" if args.to == told.to and args.text != told.text else None


@commands.command("taken", needs=Permission.TAKE_OVER, example="!taken H-1")
def take_over(args: TakeOver, ctx: Context) -> Reply:
    """Whoever handed over can go; where it was tapped alone, the table hears of it."""
    taken = handover.take_over(ctx.case, args.id, by=ctx.actor, at=ctx.now, steers=ctx.steers)
    facts: dict[str, object] = {"told": taken, "ref": ctx.case.ref}
    if ctx.place is not Place.CASE:
        ctx.tell(case_channel(ctx.case.ref), Reply("handover/taken", facts, taken.id))
    return Reply("handover/taken", facts, taken.id)


@part_of_status(11)
def show_shift(ctx: Context, hidden: Collection[str]) -> Reply | None:
    """Who is on, and what nobody has taken over."""
    now = handover.on_now(ctx.case, hidden)
    waits = [told for told in handover.waiting(ctx.case) if told.id not in hidden]
    return Reply("handover/standing", {"on_now": now, "waits": waits}) if now or waits else None


def _ahead(told: Handover, ctx: Context) -> dict[str, object]:
    """What is open, and what of it is late or falls due soon, as everybody at the table may read it."""
    case, until = ctx.case, ctx.now + AHEAD
    everybody = [member.user_id for member in case.present]
    items = [item for item in unresolved(case, ctx.now) if item.id != told.id]
    due = by_record(readable(case, [item for item in items if item.due_at and item.due_at <= until], *everybody))
    return {
        "count": len(by_record(items)),
        "tables": [table for table in roundtable.upcoming(case) if ctx.now < table.starts_at <= until],
        "due": due[:MOST_SHOWN],
        "more": max(0, len(due) - MOST_SHOWN),
    }

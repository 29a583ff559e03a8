"""Referring: a desk passes a need on, and hears of each answer."""

from collections.abc import Collection, Iterator

from pydantic import Field

from cases.case import Case
from cases.errors import Refusal
from cases.record import one_of
from cases.roles import Permission, Place
from cases.scheme import Runs
from chat import groups
from chat.arguments import Arguments, PastWhen, Rest, Text, ToAgency
from chat.context import Context, Reply, agency_channel, case_channel
from chat.registry import commands
from commands.case.named import unused_reference
from commands.concern.rules import Urgency
from commands.ids import ReferralId
from commands.overview.lines import part_of_status
from commands.proposal.answers import answer_proposals
from commands.referral import rules as referral
from commands.referral.rules import Referral
from commands.request import audience
from commands.request.finding import find_case

GROUP, PLACE = groups.SHARE, 90
MOST_SHOWN = 5


class Refer(Arguments):
    """Refer somebody to an agency that can help, and say why."""

    to: ToAgency = Field(title="an agency", description="which agency can help")
    need: Rest = Field(title="a need", description="what is needed")
    because: Text = Field(title="a reason", description="why you refer")
    urgency: Urgency = Field(Urgency.ROUTINE, title="urgency", description="urgent, soon or routine")


class Redirect(Arguments):
    """Pass a referral on to an agency that can help better, and say why."""

    id: ReferralId = Field(title="X-1", description="which referral")
    to: ToAgency = Field(title="an agency", description="which agency can help")
    because: Text = Field(title="a reason", description="why they can help better")


class Meet(Arguments):
    """Tell that your agency met the person for the first time."""

    id: ReferralId = Field(title="X-1", description="which referral")
    on: PastWhen | None = Field(None, title="date", description="when that was; now, if left out")


class Tell(Arguments):
    """Tell whoever referred somebody what came of it."""

    id: ReferralId = Field(title="X-1", description="which referral")
    text: Rest = Field(title="an outcome", description="what came of it")


@commands.command("refer", needs=Permission.REFER, example="!refer youth a place after school because: he is alone")
def refer(args: Refer, ctx: Context) -> Reply:
    """Put it to the agency in its own room; from an agency's room it gets a file of its own."""
    ctx.require_somebody(args.to)
    last = 0
    if ctx.place is not Place.CASE:
        if args.to == ctx.actor.agency:
            raise Refusal("referral/own_agency")
        last = ctx.work.find.last_number(referral.ITEM)
        zone = ctx.house.zone.key
        ours = ctx.work.account.schemes or (ctx.house.scheme,)
        scheme_name = ctx.house.scheme if ctx.house.scheme in ours else ours[0]
        desk = referral.open_desk(unused_reference(ctx), scheme=scheme_name, zone=zone, by=ctx.actor, at=ctx.now)
        ctx.work.open_case(desk)
        ctx.open_case = desk
    scheme = ctx.house.of(ctx.case.scheme)
    put = referral.refer(
        ctx.case,
        args.to,
        args.need,
        because=args.because,
        due_at=scheme.clock(Runs.REFERRAL, args.urgency).ends(ctx.now, ctx.calendar),
        contact_by=scheme.clock(Runs.CONTACT, args.urgency).ends(ctx.now, ctx.calendar),
        by=ctx.actor,
        at=ctx.now,
        after=last,
    )
    return _put("referred", put, ctx)


def accept(referral_id: str, ctx: Context) -> Reply:
    """Own it from now on."""
    case = _open(referral_id, ctx)
    feedback_by = ctx.house.of(case.scheme).clock(Runs.FEEDBACK).ends(ctx.now, ctx.calendar)
    return _told("accepted", referral.accept(case, referral_id, feedback_by=feedback_by, by=ctx.actor, at=ctx.now), ctx)


def decline(referral_id: str, why: str, ctx: Context) -> Reply:
    """Leave it to the desk, which hears why."""
    case = _open(referral_id, ctx)
    return _told("declined", referral.decline(case, referral_id, why, by=ctx.actor, at=ctx.now), ctx)


answer_proposals("X", accept=accept, decline=decline)


@commands.command("redirect", needs=Permission.CARRY_OUT, example="!redirect X-1 health because: he needs a doctor")
def redirect(args: Redirect, ctx: Context) -> Reply:
    """Put it to the other agency; the one before, and the desk, hear of it."""
    ctx.require_somebody(args.to)
    case = _open(args.id, ctx)
    before = one_of(case.all(Referral), args.id).to_agency
    due_at = ctx.house.of(case.scheme).clock(Runs.REFERRAL).ends(ctx.now, ctx.calendar)
    passed = referral.redirect(case, args.id, args.to, because=args.because, due_at=due_at, by=ctx.actor, at=ctx.now)
    return _put("redirected", passed, ctx, before)


@commands.command("firstcontact", needs=Permission.CARRY_OUT, example="!firstcontact X-1 on: 1 nov")
def meet(args: Meet, ctx: Context) -> Reply:
    """Keep the days from the need to the first contact."""
    case = _open(args.id, ctx)
    return _told("met", referral.meet(case, args.id, args.on or ctx.now, by=ctx.actor, at=ctx.now), ctx)


@commands.command(
    "outcome", needs=Permission.CARRY_OUT, example="!outcome X-1 he comes on Tuesdays, and brings a friend"
)
def tell(args: Tell, ctx: Context) -> Reply:
    """End it; the desk hears how."""
    case = _open(args.id, ctx)
    return _told("ended", referral.end(case, args.id, args.text, by=ctx.actor, at=ctx.now), ctx)


@part_of_status(60)
def show_referrals(ctx: Context, hidden: Collection[str]) -> Reply | None:
    """How long each waits, or how soon there was a contact."""
    shown = [one for one in ctx.case.all(Referral) if not one.withdrawn and one.id not in hidden]
    facts: dict[str, object] = {"referrals": [(one, _days(one, ctx)) for one in shown[-MOST_SHOWN:]]}
    return Reply("referral/standing", facts) if shown else None


def _days(one: Referral, ctx: Context) -> int:
    """Since it waits, or up to the first contact."""
    until = one.contact_at or ctx.now
    return max(0, (ctx.calendar.day(until) - ctx.calendar.day(one.at)).days)


def _put(what: str, put: Referral, ctx: Context, *before: str) -> Reply:
    """The card with those who are asked, and word of it for the desk and whoever was asked before."""
    asked = audience.of_agency(ctx.case, ctx.directory, put.to_agency)
    if not asked:
        raise Refusal("case/nobody_there", agency=put.to_agency)
    facts = _facts(put, ctx)
    card = Reply("referral/asked_of_us", facts, put.id, tuple(sorted(asked)))
    for channel in audience.channels(ctx.directory, put.to_agency, asked):
        ctx.tell(channel, card)
    return _told(what, put, ctx, *before, asks=False)


def _told(what: str, told: Referral, ctx: Context, *before: str, asks: bool = True) -> Reply:
    """What became of it: always to the desk, and to the agency whose it is."""
    reply = Reply(f"referral/{what}", _facts(told, ctx), told.id)
    agencies = [told.to_agency] if asks else []
    channels = [_home(told, ctx), *_channels([*agencies, *before], ctx)]
    for channel in dict.fromkeys(channels):
        if channel != ctx.channel:
            ctx.tell(channel, Reply(reply.template, reply.facts, told.id, _to_wake(told, channel, ctx)))
    return reply


def _to_wake(told: Referral, channel: str, ctx: Context) -> tuple[str, ...]:
    """Whoever referred, where it is told to the desk by others."""
    return (told.by,) if channel == _home(told, ctx) and told.by in ctx.directory.people else ()


def _home(told: Referral, ctx: Context) -> str:
    """Where the desk hears of it: at the table, or in its own room."""
    return case_channel(ctx.case.ref) if ctx.case.has_table else agency_channel(told.agency)


def _channels(agencies: Collection[str], ctx: Context) -> Iterator[str]:
    for agency in agencies:
        if not (ctx.case.has_table and agency in ctx.case.seats):
            people = audience.of_agency(ctx.case, ctx.directory, agency)
            yield from audience.channels(ctx.directory, agency, people)


def _facts(told: Referral, ctx: Context) -> dict[str, object]:
    return {"referral": told, "ref": ctx.case.ref, "actor": ctx.actor, "days": _days(told, ctx), "case": ctx.case}


def _open(referral_id: str, ctx: Context) -> Case:
    """The case of a referral; raises Refusal for who has left its table."""
    case = find_case(referral.ITEM, referral_id, ctx, "referral/which")
    case.require_not_left(ctx.actor)
    return case

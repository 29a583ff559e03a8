"""What was disclosed, and what is to leave the table: nothing goes without those who brought it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from cases.record import one_of
from cases.roles import Permission, Place
from chat import groups
from chat.arguments import WORD, AgencyName, Arguments, Text
from chat.context import Context, Reply, case_channel
from chat.registry import commands
from commands.disclosure import rules as disclosure
from commands.disclosure.rules import Disclosure
from commands.disclosure.summary import Summary, files_of, summarise
from commands.ids import AnyIds, DisclosureId, LeavingId, RoundTableId
from commands.proposal.answers import answer_proposals
from commands.request import audience
from commands.request import rules as request
from commands.request.finding import find_case
from commands.request.rules import Answer, Request
from commands.research.rules import Check, Return
from commands.roundtable.rules import RoundTable

GROUP, PLACE = groups.SHARE, 90
TOLD = frozenset({request.State.ANSWERED, request.State.PARTLY, request.State.NOTHING, request.State.REFUSED})


class Approves(StrEnum):
    """What the chair says to a summary."""

    APPROVE = "approve"


class ShowDisclosures(Arguments):
    """Show what was given to whom and why, on which basis, with or without consent, and what was refused."""


class Disclose(Arguments):
    """Pass on the summary of minutes, or an answer, to an agency; those who brought it are asked."""

    id: LeavingId = Field(title="M-1 or R-1", description="the minutes whose summary, or the question whose answer")
    to: AgencyName = Field(title="an agency", description="which agency gets it")
    because: Text = Field(title="a reason", description="why they need it")


class Consents(Arguments):
    """Say for your agency that it may leave the table."""

    id: DisclosureId = Field(title="L-1", description="which disclosure")


class Retain(Arguments):
    """Say for your agency that it stays at the table; nobody is told which agency said so."""

    id: DisclosureId = Field(title="L-1", description="which disclosure")


class Summarise(Arguments):
    """Show the summary of minutes for release: decisions and plan; the chair approves it."""

    id: RoundTableId | None = Field(None, title="M-1", description="which minutes")
    approve: Annotated[Approves, WORD] | None = Field(None, title="approve", description="the chair: it may leave")
    without: AnyIds | None = Field(None, title="D-1, A-2", description="what is left out of it")


@dataclass(frozen=True, repr=False)
class Told:
    """An answer as it was disclosed or refused, for whoever reads the list."""

    asked: Request
    answer: Answer
    hidden: bool
    """Whether its words are not for whoever asks: it was on file before they came."""


@commands.command("disclosures", needs=Permission.READ, example="!disclosures")
def show(args: ShowDisclosures, ctx: Context) -> Reply:
    """All of it, oldest first, without a blank; what was said to a few is not repeated."""
    left = [one for one in ctx.case.all(Disclosure) if not one.withdrawn]
    facts = {"case": ctx.case, "answers": list(_told(ctx)), "returns": list(_returned(ctx)), "left": left}
    return Reply("disclosure/list", facts)


@commands.command(
    "disclose", needs=Permission.CONTRIBUTE, example="!disclose M-1 to: youth because: they go on with the plan"
)
def disclose(args: Disclose, ctx: Context) -> Reply:
    """Ask those without whom it does not go, each in their own room; with nobody to ask it goes."""
    ctx.require_somebody(args.to)
    consensus = ctx.house.of(ctx.case.scheme).consensus
    asked = disclosure.disclose(
        ctx.case, args.id, args.to, because=args.because, by=ctx.actor, at=ctx.now, consensus=consensus
    )
    if asked.about[0] == "M":
        # Refused while there are no minutes.
        summarise(ctx, asked.about)
    for agency in asked.waits_for:
        people = audience.of_answer(ctx.case, ctx.directory, agency)
        for channel in audience.channels(ctx.directory, agency, people):
            ctx.tell(channel, Reply("disclosure/asked_of_us", _facts(asked, ctx), asked.id, tuple(sorted(people))))
    return _go_on(asked, ctx) or Reply("disclosure/asked", _facts(asked, ctx), asked.id, _chair_of(asked, ctx))


@commands.command("consent", needs=Permission.ANSWER, example="!consent L-1")
def consent(args: Consents, ctx: Context) -> Reply:
    """Count the agency among those who agree; the last one lets it go."""
    find_case(disclosure.ITEM, args.id, ctx)
    asked = disclosure.consent(ctx.case, args.id, by=ctx.actor, at=ctx.now)
    return _say(_go_on(asked, ctx) or Reply("disclosure/progress", _facts(asked, ctx), asked.id), asked, ctx)


@commands.command("retain", needs=Permission.ANSWER, example="!retain L-1")
def retain(args: Retain, ctx: Context) -> Reply:
    """Stop it; the table hears that it was stopped, and not by whom."""
    find_case(disclosure.ITEM, args.id, ctx)
    asked = disclosure.retain(ctx.case, args.id, by=ctx.actor, at=ctx.now)
    disclosure.stop(ctx.case, asked, by=ctx.house.bot, at=ctx.now)
    stopped = Reply("disclosure/stopped", _facts(asked, ctx), asked.id, ctx.at_table(asked.agency, asked.by))
    return _say(stopped, asked, ctx)


@commands.command("minutes summary", needs=Permission.READ, example="!minutes summary M-1")
def show_summary(args: Summarise, ctx: Context) -> Reply:
    """As it would leave the table, or once the chair approves it, as it may."""
    summary = summarise(ctx, args.id, args.without)
    if args.approve is None:
        return _summary(summary, ctx)
    disclosure.approve(
        ctx.case, summary.table, summary.checksum, summary.without, by=ctx.actor, at=ctx.now, steers=ctx.steers
    )
    for asked in disclosure.pending(ctx.case):
        if asked.about == summary.table.id and (gone := _go_on(asked, ctx)):
            ctx.tell(case_channel(ctx.case.ref), gone)
    return _summary(summarise(ctx, summary.table.id), ctx)


answer_proposals(
    "L",
    accept=lambda disclosure_id, ctx: consent(Consents(id=disclosure_id), ctx),
    # Why it stays is not kept: it would tell whose no it was.
    decline=lambda disclosure_id, _why, ctx: retain(Retain(id=disclosure_id), ctx),
)


def _summary(summary: Summary, ctx: Context) -> Reply:
    facts = {"ref": ctx.case.ref, "summary": summary, "table": summary.table, "document": summary.document}
    made = files_of(summary, ctx) if summary.approval else ()
    return Reply("disclosure/summary", facts, summary.table.id, files=made)


def _go_on(asked: Disclosure, ctx: Context) -> Reply | None:
    """Let it go once nobody's agreement and no approval is missing, and say so; None: it waits."""
    if asked.waits_for:
        return None
    facts = _facts(asked, ctx)
    if asked.about[0] == "M":
        summary = summarise(ctx, asked.about)
        if summary.approval is None:
            return None
        facts |= {"summary": summary, "document": summary.document}
        given = Reply("disclosure/given", facts, files=files_of(summary, ctx))
    else:
        given = Reply("disclosure/given", {**facts, "answer": disclosure.given(ctx.case, asked.about)})
    people = audience.of_agency(ctx.case, ctx.directory, asked.to_agency)
    for channel in audience.channels(ctx.directory, asked.to_agency, people):
        ctx.tell(channel, given)
    disclosure.let_go(ctx.case, asked, by=ctx.house.bot, at=ctx.now)
    return Reply("disclosure/gone", facts, asked.id, ctx.at_table(asked.agency, asked.by))


def _say(reply: Reply, asked: Disclosure, ctx: Context) -> Reply:
    """Tell the table what came of it; who said so elsewhere is thanked there."""
    if ctx.place is Place.CASE:
        return reply
    ctx.tell(case_channel(ctx.case.ref), reply)
    return Reply("disclosure/thanks", _facts(asked, ctx), asked.id)


def _facts(asked: Disclosure, ctx: Context) -> dict[str, object]:
    approval = disclosure.approval_of(ctx.case, asked.about)
    return {"ref": ctx.case.ref, "asked": asked, "approved": approval is not None, "chair": _chair_of(asked, ctx)}


def _chair_of(asked: Disclosure, ctx: Context) -> tuple[str, ...]:
    """Whose approval it waits for."""
    if asked.about[0] != "M" or disclosure.approval_of(ctx.case, asked.about):
        return ()
    chair = one_of(ctx.case.all(RoundTable), asked.about).chair
    return (chair,) if ctx.case.is_member(chair) else ()


def _told(ctx: Context) -> Iterator[Told]:
    hidden = ctx.case.hidden_from(ctx.actor.user_id)
    asked = {one.id: one for one in ctx.case.all(Request) if not one.withdrawn}
    for answer in ctx.case.all(Answer):
        if answer.result in TOLD and not answer.withdrawn and answer.request in asked:
            yield Told(asked[answer.request], answer, answer.request in hidden)


def _returned(ctx: Context) -> Iterator[tuple[Check, Return, bool]]:
    """What agencies returned from their records, with the check, and whether its words are hidden."""
    hidden = ctx.case.hidden_from(ctx.actor.user_id)
    checks = {check.id: check for check in ctx.case.all(Check)}
    for given in ctx.case.all(Return):
        if not given.withdrawn:
            yield checks[given.check], given, given.id in hidden

"""Asking for information with the reason, and the five legitimate answers."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from cases.case import AT_THE_TABLE, Case
from cases.errors import Refusal
from cases.people import Addressee
from cases.record import one_of
from cases.roles import Permission, Place
from cases.time import end_of_working_day
from chat import groups
from chat.arguments import NAME, Arguments, Parties, PastWhen, PersonId, Rest, RestWhen, ShortText, Text, To, When
from chat.context import Context, Reply, case_channel
from chat.registry import commands
from chat.remarks import remark_on
from commands.concern.rules import Basis, Domain
from commands.ids import HeldId, RequestId
from commands.request import answering, audience, lawful
from commands.request import rules as request
from commands.request.by_letter import holding_nothing, refusing
from commands.request.disclosing import Discloses, Refuses, read_own_standing
from commands.request.finding import find_case
from commands.request.rules import NOTHING_SAID, Answer, Ground, Request, Standing, State, Use

GROUP, PLACE = groups.ASK, 10

ANSWER_WITHIN_WORKING_DAYS = 5


class Tells(Discloses):
    """What an agency says of what it tells."""

    asof: PastWhen | None = Field(None, title="date", description="of when it is what you know")
    kind: Basis | None = Field(None, title="fact or opinion", description="fact or opinion")
    domain: Domain | None = Field(None, title="domain", description="which part of life it is about")
    use: Use | None = Field(None, title="onward use", description="how far it may go on: this room, named, scheme")
    see: Parties = Field((), title="agencies", description="who may see it; as the question says if left out")


class Ask(Arguments):
    """Ask an agency or person for information, and say why."""

    to: To = Field(title="an agency or a person", description="whom you ask")
    question: Rest = Field(title="a question", description="what you need to know")
    because: Text = Field(title="a reason", description="why you need it")
    by: When | None = Field(None, title="date", description="when you need it")
    basis: ShortText | None = Field(None, title="a lawful basis", description="what allows it")
    condition: ShortText | None = Field(
        None, title="a second condition", description="what allows it for sensitive data, beside the basis"
    )
    see: Parties = Field((), title="agencies", description="who may see the answer; all at the table if left out")
    domain: Domain | None = Field(None, title="domain", description="which part of life it is about")


class GiveAnswer(Tells):
    """Answer what your agency was asked."""

    id: RequestId = Field(title="R-1", description="which question")
    text: Rest = Field(title="an answer", description="what you can tell")


class AnswerPartly(Tells):
    """Answer in part, and say what kind of information you hold back."""

    id: RequestId = Field(title="R-1", description="which question")
    text: Rest = Field(title="an answer", description="what you can tell")
    withheld: ShortText = Field(title="what is held back", description="the kind of information you hold back")


class HoldNothing(Arguments):
    """Say that your agency has nothing on it."""

    id: HeldId = Field(title="R-1 or Q-1", description="which question, or which check of records")
    text: Rest | None = Field(None, title="remark", description="anything to add")


class AskForTime(Arguments):
    """Say that you need more time, until when, and why."""

    id: RequestId = Field(title="R-1", description="which question")
    until: RestWhen = Field(title="a date", description="until when")
    because: Text = Field(title="a reason", description="why it takes longer")


class PassOn(Arguments):
    """Pass a question on to a colleague of your agency, with the reason."""

    id: RequestId = Field(title="R-1", description="which question")
    person: Annotated[PersonId, NAME] = Field(title="PERSON", description="the colleague who answers it")
    because: Text = Field(title="a reason", description="why they answer it; only they read it")


class Narrow(Arguments):
    """Ask a narrower question, after a refusal or a partial answer."""

    id: RequestId = Field(title="R-1", description="which question")
    question: Rest = Field(title="a question", description="the narrower question")
    see: Parties = Field((), title="agencies", description="who may see the answer; as before if left out")


class Drop(Arguments):
    """Take your question back, with the reason."""

    id: RequestId = Field(title="R-1", description="which question")
    because: Text = Field(title="a reason", description="why it is no longer needed")


@commands.command(
    "request",
    needs=Permission.CONTRIBUTE,
    example="!request police any call-outs? because: the safety plan by: fri 15:00",
)
def ask(args: Ask, ctx: Context) -> Reply:
    """Put the question; it also reaches the agency in its own room."""
    ctx.require_somebody(args.to.agency)
    _require_answerer(args.to, ctx)
    scheme = ctx.house.of(ctx.case.scheme)
    lawful.require_may_be_asked(scheme, args.question, args.because)
    _require_readers(args.see, ctx)
    asked = request.ask(
        ctx.case,
        args.to,
        args.question,
        because=args.because,
        due_at=args.by or _usual_due(ctx),
        on=lawful.read_standing(scheme, args.basis, args.condition),
        see=args.see,
        domain=args.domain,
        by=ctx.actor,
        at=ctx.now,
    )
    return _put(asked, ctx)


@commands.command("answer", needs=Permission.ANSWER, example="!answer R-1 two call-outs in September, both for noise")
def give_answer(args: GiveAnswer, ctx: Context) -> Reply:
    """Answer in full."""
    return _tell(args, State.ANSWERED, ctx)


@commands.command(
    "partly",
    needs=Permission.ANSWER,
    words=request.ANSWERED,
    example="!partly R-1 in contact since May withheld: medical details",
)
def answer_partly(args: AnswerPartly, ctx: Context) -> Reply:
    """Answer in part."""
    return _tell(args, State.PARTLY, ctx, withheld=args.withheld)


@commands.command("nothing", needs=Permission.ANSWER, example="!nothing R-1")
def hold_nothing(args: HoldNothing, ctx: Context) -> Reply:
    """Answer that there is nothing."""
    return holding_nothing.of(args.id)(args.id, args.text or "", ctx)


def _hold_nothing(request_id: str, remark: str, ctx: Context) -> Reply:
    case, asked = _find(request_id, ctx)
    answering.require_function(ctx.actor, asked.to_agency, ctx)
    return _answer(case, asked, State.NOTHING, remark, ctx)


holding_nothing.add("R", _hold_nothing)


@commands.command(
    "refuse",
    needs=Permission.ANSWER,
    example="!refuse R-1 in confidence ground: professional secrecy instead: ask his aunt",
)
def refuse(args: Refuses, ctx: Context) -> Reply:
    """Refuse with ground and explanation; the bot thanks, and offers who asked a narrower question."""
    return refusing.of(args.id)(args, ctx)


def _refuse(args: Refuses, ctx: Context) -> Reply:
    case, asked = _find(args.id, ctx)
    scheme = ctx.house.of(case.scheme)
    lawful.require_grounds(scheme, args.ground)
    on = lawful.read_standing(scheme, args.basis, args.condition, args.consent)
    return _answer(case, asked, State.REFUSED, args.text, ctx, grounds=args.ground, instead=args.instead, on=on)


refusing.add("R", _refuse)


@commands.command(
    "moretime", needs=Permission.ANSWER, example="!moretime R-1 mon 12:00 because: the archive answers on Monday"
)
def ask_for_time(args: AskForTime, ctx: Context) -> Reply:
    """Move the date of the answer."""
    case, asked = _find(args.id, ctx)
    asked, given = request.ask_for_time(case, asked.id, args.until, because=args.because, by=ctx.actor, at=ctx.now)
    return _pass_on(asked, given, ctx)


@commands.command("pass", needs=Permission.ANSWER, example="!pass R-1 Gina Dekker because: she knows him")
def pass_on(args: PassOn, ctx: Context) -> Reply:
    """The colleague reads the question and the reason; the table hears that it was passed on."""
    case, asked = _find(args.id, ctx)
    colleague = ctx.directory.people[args.person]
    if colleague.role not in AT_THE_TABLE:
        raise Refusal("request/cannot_answer", person=colleague.user_id, role=colleague.role, agency=colleague.agency)
    answering.require_function(colleague, asked.to_agency, ctx)
    asked = request.pass_on(case, asked.id, colleague, because=args.because, by=ctx.actor, at=ctx.now)
    people = audience.of_question(case, ctx.directory, asked)
    if not people:
        raise Refusal("request/nobody_there", person=asked.to_person, agency=asked.to_agency)
    facts: dict[str, object] = {"request": asked, "ref": case.ref}
    for channel in audience.channels_of_question(asked, ctx):
        card = Reply("request/passed_to_you", facts, asked.id, tuple(sorted(people)))
        ctx.tell(channel, card)
    told = Reply("request/passed", facts, asked.id)
    if ctx.place is not Place.CASE:
        ctx.tell(case_channel(case.ref), told)
    return told


@commands.command("narrow", needs=Permission.CONTRIBUTE, example="!narrow R-1 was he seen by you at all since May?")
def narrow(args: Narrow, ctx: Context) -> Reply:
    """Put the narrower question."""
    ctx.require_somebody(one_of(ctx.case.all(Request), args.id).to_agency)
    lawful.require_may_be_asked(ctx.house.of(ctx.case.scheme), args.question)
    _require_readers(args.see, ctx)
    asked = request.narrow(
        ctx.case, args.id, args.question, due_at=_usual_due(ctx), see=args.see, by=ctx.actor, at=ctx.now
    )
    return _put(asked, ctx)


@commands.command("drop", needs=Permission.CONTRIBUTE, example="!drop R-1 because: he told us himself")
def drop(args: Drop, ctx: Context) -> Reply:
    """Take the question back, and tell those who were asked."""
    asked = request.drop(ctx.case, args.id, because=args.because, by=ctx.actor, at=ctx.now)
    dropped = Reply("request/dropped", {"request": asked, "because": args.because, "ref": ctx.case.ref})
    for channel in audience.channels_of_question(asked, ctx):
        ctx.tell(channel, dropped)
    return dropped


def _require_answerer(to: Addressee, ctx: Context) -> None:
    """Refuse a person whose role keeps them away from content: the question could neither be read nor answered."""
    person = ctx.directory.people[to.person] if to.person else None
    if person and person.role not in AT_THE_TABLE:
        raise Refusal("request/cannot_answer", person=person.user_id, role=person.role, agency=to.agency)
    if person:
        answering.require_function(person, to.agency, ctx)
    answering.require_anybody(to.agency, ctx)


def _put(asked: Request, ctx: Context) -> Reply:
    """The card, in the case room and with those who are asked; raises Refusal when nobody of them could read it."""
    facts: dict[str, object] = {"request": asked, "ref": ctx.case.ref, "remark": remark_on(asked.due_at, ctx)}
    people = audience.of_question(ctx.case, ctx.directory, asked)
    if not people:
        raise Refusal("request/nobody_there", person=asked.to_person, agency=asked.to_agency)
    for channel in audience.channels_of_question(asked, ctx):
        ctx.tell(channel, Reply("request/asked_of_us", facts, asked.id, tuple(sorted(people))))
    return Reply("request/asked", facts, asked.id, ctx.at_table(asked.to_agency, asked.to_person))


def _require_readers(see: tuple[str, ...], ctx: Context) -> None:
    """Refuse a person among those who may see something whose role keeps them away from content, or who has left."""
    for one in see:
        person = ctx.directory.people.get(one)
        if person and (person.role not in AT_THE_TABLE or (ctx.open_case and ctx.open_case.has_left(one))):
            raise Refusal("request/cannot_see", person=one)


def _tell(args: GiveAnswer | AnswerPartly, result: State, ctx: Context, *, withheld: str | None = None) -> Reply:
    """Answer with something, on the agency's own basis; raises Refusal for what the scheme asks for beside."""
    case, asked = _find(args.id, ctx)
    answering.require_function(ctx.actor, asked.to_agency, ctx)
    for_nobody = args.use is Use.NAMED and not (args.see or asked.see)
    example = f"!answer {asked.id} … basis: … consent: yes"
    on = read_own_standing(args, ctx, example, lacking=("see",) if for_nobody else ())
    _require_readers(args.see, ctx)
    return _answer(
        case,
        asked,
        result,
        args.text,
        ctx,
        withheld=withheld,
        see=args.see,
        kind=args.kind,
        as_of=args.asof,
        use=args.use,
        on=on,
        domain=args.domain,
    )


def _answer(
    case: Case,
    asked: Request,
    result: State,
    text: str,
    ctx: Context,
    *,
    withheld: str | None = None,
    grounds: tuple[Ground, ...] = (),
    instead: str | None = None,
    see: tuple[str, ...] = (),
    kind: Basis | None = None,
    domain: Domain | None = None,
    as_of: datetime | None = None,
    use: Use | None = None,
    on: Standing = NOTHING_SAID,
) -> Reply:
    seen_by = asked.audience(see or asked.see)
    if seen_by and ctx.place is Place.CASE and audience.is_read_by_others(case, seen_by):
        raise Refusal("request/answer_in_your_room", id=asked.id, see=seen_by)
    asked, given = request.answer(
        case,
        asked.id,
        result,
        text,
        withheld=withheld,
        grounds=grounds,
        instead=instead,
        see=see,
        kind=kind,
        domain=domain,
        as_of=as_of,
        use=use,
        on=on,
        by=ctx.actor,
        at=ctx.now,
    )
    return _pass_on(asked, given, ctx)


def _pass_on(asked: Request, given: Answer, ctx: Context) -> Reply:
    """The answer where it belongs: at the table, or only in the rooms of those who may see it."""
    facts: dict[str, object] = {"request": asked, "answer": given, "ref": ctx.case.ref}
    told = Reply("request/answered", facts, asked.id, ctx.at_table(asked.agency, asked.by))
    if ctx.place is Place.CASE:
        return told
    if asked.seen_by:
        for channel in audience.channels_of_answer(asked, ctx, beside=ctx.actor.agency):
            ctx.tell(channel, Reply("request/answered", facts, asked.id))
        told = Reply("request/answered_elsewhere", facts, asked.id, told.wake)
    ctx.tell(case_channel(ctx.case.ref), told)
    return Reply("request/passed_on", {**facts, "overheard": audience.is_overheard(ctx)}, asked.id)


def _find(request_id: str, ctx: Context) -> tuple[Case, Request]:
    """The request that an answer is for, and its case."""
    case = find_case(request.ITEM, request_id, ctx)
    return case, one_of(case.all(Request), request_id)


def _usual_due(ctx: Context) -> datetime:
    day = ctx.calendar.add(ctx.now.astimezone(ctx.zone).date(), ANSWER_WITHIN_WORKING_DAYS)
    return end_of_working_day(day, ctx.zone)

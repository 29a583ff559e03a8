"""Opening, steering and closing cases; the coordination room hears references and counts, never why."""

from typing import Annotated

from pydantic import Field

from cases.case import Case, Mode
from cases.closing import INFORMED, is_on_file
from cases.effects import OF_CASE
from cases.errors import Refusal
from cases.people import Professional
from cases.roles import Permission, Place, Role
from cases.scheme import Scheme
from chat import groups
from chat.arguments import (
    NAME,
    Agencies,
    AgencyName,
    Arguments,
    IfPreview,
    PersonId,
    RestWhen,
    ShortText,
    Text,
    When,
)
from chat.context import Context, Reply, case_channel
from chat.reading import missing
from chat.registry import commands
from commands.afterwards import rules as afterwards
from commands.case import convening, opening, seating
from commands.case import rules as closing
from commands.case.named import Reference, ReferenceOrHere, case_of, others_who_steer
from commands.case.rules import Closing, Ending
from commands.caseload.several import are_several, do_in_each
from commands.figures import asking
from commands.ids import References
from commands.mandate import standing
from commands.mandate.standing import Missing
from commands.planning import rules as planning
from commands.practice.rules import is_practice
from commands.roundtable import invitation
from commands.stay import giving as for_a_time

GROUP, PLACE = groups.CASE, 120

Somebody = Annotated[PersonId, NAME]


class OpenCase(Arguments):
    """Open a case: why now, what for, and who is needed at the table."""

    why: Text = Field(title="the why", description="why the table is needed now")
    goal: Text = Field(title="the goal", description="what the table wants to reach")
    agencies: Agencies = Field(title="a list of agencies", description="who is needed, e.g. police, school")
    scheme: ShortText | None = Field(None, title="scheme", description="under which scheme")
    director: PersonId | None = Field(None, title="person", description="who runs the process; you, if left out")
    mode: Mode | None = Field(None, title="mode", description="team: with a digest each working morning")
    brought_by: AgencyName | None = Field(None, title="agency", description="which agency brings the case")
    topic: ShortText | None = Field(None, title="topic", description="which of the scheme's concerns it is about")


class Invite(Arguments):
    """Invite a person to the table of a case, and say why."""

    ref: ReferenceOrHere | None = Field(None, title="a reference", description="the reference of the case")
    person: Somebody = Field(title="a person", description="whom you invite")
    because: Text = Field(title="a reason", description="why this person is needed")
    until: When | None = Field(None, title="a date", description="until when, if it is for a time only")


class Release(Arguments):
    """Let a person leave the table of a case, and say why."""

    ref: Reference = Field(title="a reference", description="the reference of the case")
    person: Somebody = Field(title="a person", description="who leaves")
    because: Text = Field(title="a reason", description="why this person is no longer needed")


class NameDirector(Arguments):
    """Give a case to another process director, and say why."""

    ref: Reference = Field(title="a reference", description="the reference of the case")
    person: Somebody = Field(title="a person", description="who runs the process from now on")
    because: Text = Field(title="a reason", description="why it changes hands")


class StepUp(Arguments):
    """Step a case up: a team works on it every day, with a digest each working morning; and say why."""

    ref: Reference = Field(title="a reference", description="the reference of the case")
    because: Text = Field(title="a reason", description="why it needs more")


class StepDown(Arguments):
    """Step a case down: its table meets now and then, and its room is quiet between; and say why."""

    ref: Reference = Field(title="a reference", description="the reference of the case")
    because: Text = Field(title="a reason", description="why less is enough")


class Close(Arguments):
    """Close the case: the goal is met or there is a reason, and somebody stays the first contact."""

    preview: IfPreview | None = Field(None, title="preview", description="only show what would happen")
    because: Text = Field(title="a reason", description="why the table can dissolve")
    owner: AgencyName = Field(title="an agency", description="which agency stays the first contact")
    informed: Text | None = Field(
        None, title="who told the person", description="whether the person was told, or why not"
    )
    ended: Ending | None = Field(None, title="how it ended", description="how the case ended, in a word or two")
    retention: ShortText | None = Field(None, title="retention class", description="for how long it is kept")


class Reopen(Arguments):
    """Open a closed case again, and say why."""

    because: Text = Field(title="a reason", description="why the table is needed again")


class PlanReview(Arguments):
    """Set the next review, when the table looks at the whole case again."""

    when: RestWhen = Field(title="a date", description="when, for example 20 nov")
    because: Text | None = Field(None, title="a reason", description="why then")
    cases: References | None = Field(None, title="a list of cases", description="in the coordination room: K7QF, M3XP")


@commands.command(
    "case open",
    needs=Permission.OPEN_CASES,
    example="!case open why: not at school goal: back there agencies: police, school",
)
def open_a_case(args: OpenCase, ctx: Context) -> Reply:
    """Make the case, put up the opening card, and invite everybody as the last step."""
    director = ctx.directory.people[args.director] if args.director else ctx.actor
    scheme = convening.find_scheme(args.scheme, ctx)
    rules = ctx.house.of(scheme)
    convening.require_convener(rules, args.brought_by)
    topic = convening.find_topic(rules, args.topic)
    people, not_ready = _who_is_ready(_table_of(args.agencies, ctx), rules, ctx)
    if director is not ctx.actor and (missing := list(standing.lacks(ctx.work.find, rules, director, ctx.now))):
        raise Refusal("mandate/lacks", person=director.user_id, agency=director.agency, missing=missing)
    case = opening.put_up(
        ctx,
        scheme=scheme,
        why=args.why,
        goal=args.goal,
        agencies=args.agencies,
        director=director,
        people=people,
        mode=args.mode,
        brought_by=args.brought_by,
        topic=topic,
    )
    opening.invite_all(ctx, Reply("case/opened", {"case": case, "anonymous": rules.anonymous}))
    asking.ask(ctx)
    facts: dict[str, object] = {"ref": case.ref, "seats": case.seats, "invited": len(case.present)}
    return Reply("case/opened_by_reference", {**facts, "not_ready": not_ready})


@commands.command(
    "case invite", needs=Permission.INVITE, example="!case invite K7QF Hugo Peters because: he knows the school"
)
def invite(args: Invite, ctx: Context) -> Reply:
    """Give the person a place; the table reads why. Nobody gives it to themselves."""
    if args.ref is None and ctx.place is not Place.CASE:
        raise missing(Invite, ("ref",), ctx.voice().language, commands.commands["case invite"].example)
    case = case_of(args.ref or ctx.case.ref, ctx)
    # The table knows of somebody who declined, and is asked once more.
    again = case.awaits(args.person)
    if args.until is None:
        _require_no_end(ctx.directory.people[args.person], ctx)
        told = seating.give(args.person, args.because, ctx)
    else:
        told = for_a_time.told(for_a_time.give(args.person, args.until, args.because, ctx), ctx)
    if ctx.place is Place.CASE:
        return told
    if not again:
        ctx.tell(case_channel(case.ref), told)
    return Reply("case/invited_by_reference", {"ref": case.ref, "person": args.person})


@commands.command(
    "case release", needs=Permission.OPEN_CASES, example="!case release K7QF Hugo Peters because: he changed schools"
)
def release(args: Release, ctx: Context) -> Reply:
    """Take the person out of the room; the table reads why."""
    case = case_of(args.ref, ctx)
    case.release(args.person, by=ctx.actor, at=ctx.now)
    channel = case_channel(case.ref)
    facts: dict[str, object] = {"ref": case.ref, "person": args.person, "because": args.because}
    ctx.work.remove(channel, args.person)
    ctx.tell(channel, Reply("case/released", facts))
    return Reply("case/released_by_reference", facts | {"director": case.director == args.person})


@commands.command(
    "case director", needs=Permission.OPEN_CASES, example="!case director K7QF Cleo Bakker because: I am on leave"
)
def name_director(args: NameDirector, ctx: Context) -> Reply:
    """Hand the process over; the table reads who runs it now, and why. Nobody takes it from who has it."""
    case = case_of(args.ref, ctx)
    if args.person == ctx.actor.user_id != case.director and _directed(case):
        raise Refusal("case/not_your_own_director", ref=case.ref, people=others_who_steer(case, ctx))
    case.direct(args.person, by=ctx.actor, at=ctx.now)
    facts: dict[str, object] = {"ref": case.ref, "person": args.person, "because": args.because}
    ctx.tell(case_channel(case.ref), Reply("case/directed", facts, wake=(args.person,)))
    return Reply("case/directed_by_reference", facts)


@commands.command("case stepup", needs=Permission.OPEN_CASES, example="!case stepup K7QF because: he was missing twice")
def step_up(args: StepUp, ctx: Context) -> Reply:
    """The table reads why."""
    return _step_to(Mode.TEAM, args, ctx)


@commands.command("case stepdown", needs=Permission.OPEN_CASES, example="!case stepdown K7QF because: he is back")
def step_down(args: StepDown, ctx: Context) -> Reply:
    """The table reads why."""
    return _step_to(Mode.TABLE, args, ctx)


@commands.command("close", needs=Permission.STEER, example="!close because: he is back at school owner: social")
def close(args: Close, ctx: Context) -> Reply:
    """Dissolve the table; what was planned leaves the calendars. The process director does, while there is one."""
    case = ctx.case
    if _directed(case) and case.director != ctx.actor.user_id:
        raise Refusal("case/director_closes", ref=case.ref, person=case.director)
    ctx.require_somebody(args.owner)
    scheme = ctx.house.of(case.scheme)
    called_off = closing.close(
        case,
        because=args.because,
        owner=args.owner,
        by=ctx.actor,
        at=ctx.now,
        ended=args.ended,
        informed=args.informed,
        retention=args.retention,
        classes=scheme.retention,
        reviewed=not scheme.repeats,
    )
    dated = [table for table in called_off if planning.had_time(case, table)]
    facts: dict[str, object] = {
        "case": case,
        "closing": case.all(Closing)[-1],
        "informed": is_on_file(case, INFORMED),
        "reviews": afterwards.moments(case),
        "called_off": called_off,
        "dated": dated,
    }
    if args.preview:
        raise Refusal("case/close_preview", **facts, on_yes=_line(args))
    wake = invitation.everybody(case) if called_off else ()
    return Reply("case/closed", facts, None, wake, invitation.files(ctx, dated))


@commands.command("reopen", needs=Permission.STEER, example="!reopen because: he was missing again on Monday")
def reopen(args: Reopen, ctx: Context) -> Reply:
    """Bring the table together again."""
    ctx.case.reopen(because=args.because, by=ctx.actor, at=ctx.now)
    closed = [step for step in ctx.case.steps if step.what is closing.CLOSED][-1]
    return Reply(
        "case/reopened",
        {"case": ctx.case, "because": args.because, "called_off": bool(closed.before.keys() - {OF_CASE})},
    )


@commands.command(
    "review",
    needs=Permission.REVIEW,
    example="!review 20 nov",
    over_cases="!review 20 nov cases: K7QF, M3XP because: half a year",
)
def plan_review(args: PlanReview, ctx: Context) -> Reply:
    """Plan the next look at the whole case; or at several, each of whose rooms hears of its own."""

    def plan(case: Case) -> Reply:
        case.plan_review(args.when, by=ctx.actor, at=ctx.now)
        return Reply("case/review", {"case": case, "because": args.because})

    def plan_and_tell(case: Case) -> Reply:
        told = plan(case)
        ctx.tell(case_channel(case.ref), told)
        return told

    if not are_several(args.cases, "review", ctx):
        return plan(ctx.case)
    done = do_in_each(args.cases or (), "review", ctx, plan_and_tell)
    return Reply("caseload/reviewed", {"done": done, "when": args.when})


def _require_no_end(person: Professional, ctx: Context) -> None:
    """Refuse an agency that joins for good, where the scheme starts small."""
    joins = person.agency not in ctx.case.seats and person.role is not Role.COORDINATOR
    if joins and ctx.house.of(ctx.case.scheme).start_small and not is_practice(ctx.case):
        raise Refusal("stay/needs_end", ref=ctx.case.ref, person=person.user_id, agency=person.agency)


def _step_to(mode: Mode, args: StepUp | StepDown, ctx: Context) -> Reply:
    case = case_of(args.ref, ctx)
    closing.step_to(case, mode, by=ctx.actor, at=ctx.now)
    facts: dict[str, object] = {"ref": case.ref, "mode": mode}
    ctx.tell(case_channel(case.ref), Reply("case/stepped", facts | {"because": args.because}))
    return Reply("case/stepped_by_reference", facts)


def _line(args: Close) -> str:
    """What is typed to close, without the word that only shows it."""
    said = {"informed": args.informed, "ended": args.ended, "retention": args.retention}
    return " ".join(
        (
            f"close because: {args.because} owner: {args.owner}",
            *(f"{key}: {value}" for key, value in said.items() if value),
        )
    )


def _directed(case: Case) -> bool:
    """Whether somebody at the table runs the process."""
    return case.director is not None and case.is_member(case.director)


def _table_of(agencies: tuple[str, ...], ctx: Context) -> list[Professional]:
    """The practitioners of these agencies, or where there are none the coordinators who then speak for it.

    Raises Refusal when an agency has nobody to send.
    """
    people = {agency: opening.who_speaks_for(agency, ctx) for agency in agencies}
    if without := [agency for agency, there in people.items() if not there]:
        raise Refusal("case/no_practitioners", agencies=without)
    return [person for there in people.values() for person in there]


def _who_is_ready(
    people: list[Professional], scheme: Scheme, ctx: Context
) -> tuple[list[Professional], list[tuple[str, list[Missing]]]]:
    """Those who can be asked to a table now, and what the others lack."""
    found = [(person, list(standing.lacks(ctx.work.find, scheme, person, ctx.now))) for person in people]
    return [p for p, missing in found if not missing], [(p.user_id, missing) for p, missing in found if missing]

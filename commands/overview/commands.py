"""The picture of a case: where it stands, whose move it is, what happened, who is there; and putting things right."""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from cases.case import Case
from cases.errors import Refusal
from cases.followups import Followup, owed_by, unresolved
from cases.record import Record, Step
from cases.roles import Permission, Place
from chat import groups
from chat.arguments import WORD, Arguments, Rest
from chat.context import Context, Reply, case_channel
from chat.registry import commands
from commands.action.rules import PENDING, Action
from commands.action.rules import State as ActionState
from commands.concern.rules import Basis
from commands.correction import rules as correction
from commands.correction.rules import CORRECTED
from commands.decision.rules import Decision, Stance, positions_on, silent_on, taken
from commands.ids import AnyId
from commands.lead import rules as lead
from commands.minutes.filing import after_undo
from commands.overview import moves
from commands.overview.evidence import evidence
from commands.overview.lines import find_lines, find_parts
from commands.overview.lists import by_record, followups_reply, lines_of_timeline, list_told, short_moment
from commands.phase import rules as phases
from commands.posture.rules import postures
from commands.practice.rules import PRACTISED
from commands.request import answering, audience, lawful
from commands.request.rules import ASKED, DROPPED, NARROWED, PASSED, Answer, Request, State
from commands.roundtable import invitation
from commands.roundtable import rules as roundtable
from storage.messages import Paper

GROUP, PLACE = groups.CASE, 80

MOST_MOVES = 5
MOST_STEPS = 20


class Status(Arguments):
    """Show the case on one screen."""


class Next(Arguments):
    """Show whose move it is."""


class Form(StrEnum):
    """In which form something is shown."""

    PICTURE = "picture"


class Timeline(Arguments):
    """Show what happened last, and who did it."""

    form: Annotated[Form, WORD] | None = Field(None, title="picture", description="also drawn, as an image")


class Who(Arguments):
    """Show who sits at the table, by agency."""


class Mine(Arguments):
    """Show what you and your agency owe."""


class Followups(Arguments):
    """Show everything that is unresolved."""


class Correct(Arguments):
    """Put right what your agency wrote; the earlier wording stays on file."""

    id: AnyId = Field(title="ID", description="which record, for example C-1")
    text: Rest | None = Field(None, title="TEXT", description="how it should read")
    kind: Basis | None = Field(None, title="fact or opinion", description="of a concern: fact or opinion")


class Undo(Arguments):
    """Take back your last command, within 10 minutes."""

    id: AnyId | None = Field(None, title="ID", description="what it was about, to be sure that it is the last")


@commands.command("status", needs=Permission.READ, example="!status")
def status(args: Status, ctx: Context) -> Reply:
    """The case on one phone screen."""
    case = ctx.case
    hidden = case.hidden_from(ctx.actor.user_id)
    requests = [r for r in case.all(Request) if not r.withdrawn]
    actions = [a for a in case.all(Action) if not a.withdrawn]
    planned = [t for t in roundtable.upcoming(case) if t.starts_at >= ctx.now]
    facts: dict[str, object] = {
        "case": case,
        "lead": lead.lead_of(case),
        "postures": postures(case),
        "table": _by_agency(case),
        "lines": find_lines(ctx, hidden),
        "parts": find_parts(ctx, hidden),
        "evidence": evidence(case, hidden, lambda asked: _silent_days(case, asked, ctx.now)),
        "requests": _counted(r.state for r in requests),
        "waiting": [(r, _silent_days(case, r, ctx.now)) for r in requests if r.waiting],
        "standing": phases.standing(case, ctx.now),
        "actions": _counted(a.state for a in actions),
        "late": sum(a.state in PENDING and a.due_at < ctx.now for a in actions),
        "decisions": [(d, taken(case, d), len(silent_on(case, d))) for d in case.all(Decision) if not d.withdrawn],
        "running": roundtable.running(case),
        "next_table": planned[0] if planned else None,
        "overdue": case.next_review is not None and case.next_review < ctx.now,
    }
    return Reply("overview/status", facts)


@commands.command("next", needs=Permission.READ, example="!next")
def next_moves(args: Next, ctx: Context) -> Reply:
    """Whose move it is, the most urgent first."""
    entries = by_record(unresolved(ctx.case, ctx.now))
    more = max(0, len(entries) - MOST_MOVES)
    facts: dict[str, object] = {"case": ctx.case, "entries": entries[:MOST_MOVES], "more": more}
    facts["standing"] = phases.standing(ctx.case, ctx.now)
    return Reply("overview/next", {**facts, "chair": None if ctx.case.closed else moves.of_chair(ctx.case, ctx.now)})


@commands.command("timeline", needs=Permission.READ, example="!timeline")
def timeline(args: Timeline, ctx: Context) -> Reply:
    """The newest steps, oldest first."""
    begins = ctx.case.begins_for(ctx.actor.user_id)
    told = list_told(ctx.case)
    shown = [step for step in told if step.number >= begins][-MOST_STEPS:]
    steps = [(step, short_moment(step.at, ctx.case.zone_info)) for step in shown]
    withheld = [ctx.actor.user_id] if begins else []
    facts: dict[str, object] = {"steps": steps, "earlier": len(told) - len(shown), "withheld": withheld}
    # Who does not see the picture reads the same above it.
    return Reply("overview/timeline", facts, files=(_drawn(shown, ctx),) if args.form else ())


def _drawn(shown: Iterable[Step], ctx: Context) -> Paper:
    """The steps as a picture: each with its moment, who took it, and the colour of their agency."""
    voice = ctx.voice()
    title, steps = lines_of_timeline(ctx.case, shown, voice)
    marking = voice.marked(ctx.house.of(ctx.case.scheme).marking)
    words = {"title": title, "class": marking, "lang": voice.language.code}
    return Paper(f"{ctx.case.ref}-timeline.png", "timeline", {**words, "steps": steps}, ctx.now)


@commands.command("who", needs=Permission.READ, example="!who")
def who(args: Who, ctx: Context) -> Reply:
    """The members by agency, and who has not joined yet."""
    who_leads: dict[str, object] = {"lead": lead.lead_of(ctx.case), "postures": postures(ctx.case)}
    return Reply("overview/who", who_leads | {"case": ctx.case, "table": _by_agency(ctx.case)})


@commands.command("mine", needs=Permission.OWN, group=groups.ME, example="!mine")
def mine(args: Mine, ctx: Context) -> Reply:
    """What my agency and I owe here; in a direct chat over all my cases, without content."""
    if ctx.place is Place.CASE:
        return Reply("overview/mine", {"case": ctx.case, "items": _owed(ctx.case, ctx)})
    refs = ctx.work.find.open_cases(of=ctx.actor.user_id)
    owed = {case.ref: _owed(case, ctx) for case in ctx.work.find.cases(refs)}
    unreadable = [ref for ref in refs if ref not in owed]
    facts = {"cases": list(owed.items()), "unreadable": unreadable, "practised": ctx.work.find.cases_with(PRACTISED)}
    return Reply("overview/mine_everywhere", facts)


@commands.command("followups", needs=Permission.READ, example="!followups")
def show_followups(args: Followups, ctx: Context) -> Reply:
    """All that is unresolved; of what was on file before a member came, its words only where it is theirs to see to."""
    return followups_reply(ctx, ctx.actor.user_id) or Reply("overview/nothing_open", {"case": ctx.case})


@commands.command(
    "correct", needs=Permission.ANSWER, group=groups.MISTAKE, example="!correct C-1 it was Tuesday, not Monday"
)
def correct(args: Correct, ctx: Context) -> Reply:
    """Supersede a text; everybody who had the earlier wording gets the new one."""
    if args.text is None and args.kind is None:
        hint = "how it should read"
        missing = [{"label": "a text", "hint": hint, "choices": []}]
        raise Refusal("reading/missing", field="text", hint=hint, missing=missing, example=f"!correct {args.id} TEXT")
    case = ctx.case
    asked = next((r for r in case.all(Request) if r.id == args.id), None)
    if ctx.place is not Place.CASE and ctx.card != args.id:
        raise Refusal("dispatch/no_case")
    of_answer = asked is not None and asked.agency != ctx.actor.agency
    if asked and of_answer and ctx.place is Place.CASE and asked.seen_by:
        raise Refusal("request/answer_in_your_room", id=asked.id, see=asked.seen_by)
    if asked and not of_answer:
        lawful.require_may_be_asked(ctx.house.of(case.scheme), args.text)
    if of_answer and asked:
        answering.require_function(ctx.actor, asked.to_agency, ctx)
    agreed = _agreed_on(case, args.id)
    kind, record = correction.correct(case, args.id, args.text, basis=args.kind, by=ctx.actor, at=ctx.now)
    again = [agency for agency in agreed if agency not in _agreed_on(case, args.id)]
    facts: dict[str, object] = {"ref": case.ref, "id": args.id, "kind": kind, "text": args.text, "basis": args.kind}
    wake = tuple(person for agency in again for person in ctx.at_table(agency))
    corrected = Reply("case/corrected", facts | {"again": again}, args.id, wake)
    for channel in _who_had(case, record, asked, ctx):
        ctx.tell(channel, corrected)
    if audience.is_overheard(ctx):
        return Reply(corrected.template, corrected.facts | {"text": None}, args.id)
    return corrected


@commands.command("undo", needs=Permission.TAKE_PART, group=groups.MISTAKE, example="!undo")
def undo(args: Undo, ctx: Context) -> Reply:
    """Take the last step back, and tell those outside the room who were told of it."""
    case = ctx.case
    # An answer may have been for fewer than the question says again, once it is taken back.
    seen_by = {asked.id: asked.seen_by for asked in case.all(Request)}
    step = case.undo(by=ctx.actor, at=ctx.now)
    if args.id not in {None, step.subject}:
        raise Refusal("undo/not_last", id=args.id, last=step.subject)
    about = next((asked for asked in case.all(Request) if asked.id == step.subject), None)
    facts: dict[str, object] = {"ref": case.ref, "step": step, "about": about}
    if about is not None:
        facts["answer"] = _answer_changed(case, step)
        for channel in _who_was_told(step, about, seen_by[about.id], ctx):
            ctx.tell(channel, Reply("case/taken_back", facts, about.id))
    if step.what.makes_a_version:
        ctx.tell(case_channel(case.ref), Reply("case/undone", facts))
        return after_undo(step.subject, ctx)
    files = invitation.files_after_undo(ctx, step)
    return Reply("case/undone", facts, about.id if about else None, files=files)


def _agreed_on(case: Case, record_id: str) -> list[str]:
    """The agencies that have accepted an action, or agreed with a decision."""
    for action in case.all(Action):
        if action.id == record_id:
            return list(action.accepted_by)
    for put in case.all(Decision):
        if put.id == record_id:
            return [agency for agency, said in positions_on(case, put).items() if said.stance is Stance.AGREES]
    return []


def _owed(case: Case, ctx: Context) -> list[Followup]:
    """What this person's agency owes, without what is expressly a colleague's."""
    owed = owed_by(case, ctx.actor.agency, ctx.now)
    return [item for item in owed if item.person in {None, ctx.actor.user_id}]


def _by_agency(case: Case) -> list[tuple[str, list[tuple[str, bool]]]]:
    """Each agency at the table with its people, and whether they have joined."""
    present = case.present
    agencies = dict.fromkeys((*case.seats, *(m.agency for m in present)))
    return [
        (agency, [(m.user_id, m.joined_at is not None) for m in present if m.agency == agency]) for agency in agencies
    ]


def _counted(states: Iterable[State | ActionState]) -> list[tuple[str, int]]:
    return [(state.value, count) for state, count in Counter(states).items()]


def _silent_days(case: Case, request: Request, now: datetime) -> int:
    """Calendar days since the last move on a question that waits for its answer."""
    zone = case.zone_info
    return (now.astimezone(zone).date() - phases.asked_at(case, request).astimezone(zone).date()).days


def _who_had(case: Case, record: Record, asked: Request | None, ctx: Context) -> list[str]:
    """The channels, beside this one, in which the earlier wording was read."""
    channels = [case_channel(case.ref)]
    if asked and record is asked:
        channels += audience.channels_of_question(asked, ctx)
    elif asked and asked.seen_by:
        channels = audience.channels_of_answer(asked, ctx)
    return [channel for channel in channels if channel != ctx.channel]


def _answer_changed(case: Case, step: Step) -> Answer | None:
    """The answer whose wording a step changed, if it was an answer's."""
    return next((a for a in case.all(Answer) if a.id in step.before), None) if step.what is CORRECTED else None


def _who_was_told(step: Step, asked: Request, seen_by: Collection[str], ctx: Context) -> list[str]:
    """The channels beside the case room that a step on a question reached; ``seen_by``: whom its answers were for."""
    if step.what in {ASKED, NARROWED, PASSED, DROPPED, CORRECTED} and _answer_changed(ctx.case, step) is None:
        return audience.channels_of_question(asked, ctx)
    return audience.channels_of_answer(asked, ctx, seen_by=seen_by)

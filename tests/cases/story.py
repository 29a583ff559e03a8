"""A case in which everything happens that can: one line for each verb of the journal, in an order that works."""

from collections.abc import Callable
from datetime import datetime, timedelta

from cases.calendar import Calendar
from cases.case import Case, Mode
from cases.people import Professional
from commands.action import rules as action
from commands.afterwards import rules as afterwards
from commands.audit import rules as audit
from commands.case import rules as closing
from commands.concern import rules as concern
from commands.correction import rules as correction
from commands.decision import rules as decision
from commands.disclosure import rules as disclosure
from commands.disclosure.rules import Disclosure
from commands.escalation import rules as escalation
from commands.escalation.rules import Escalation
from commands.meeting import rules as meeting
from commands.minutes import rules as minutes
from commands.planning import rules as planning
from commands.reminder import rules as reminders
from commands.request import rules as request
from commands.request.rules import State as Answered
from commands.research import rules as research
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import NoteKind, Presence, RoundTable
from commands.screen.rules import expect
from commands.series import rules as series
from tests.cases.table import ADA, CLEO, DIRK, FINN, HEALTH, HUGO, NEXT_WEEK, NOW, POLICE, a_case
from tests.concepts import gather

CALENDAR = Calendar(a_case().zone_info, ())
Line = tuple[str, Callable[[Case, datetime], object]]
M1, M2 = NOW + timedelta(days=20), NOW + timedelta(days=50)
LATER = NEXT_WEEK + timedelta(days=7)


def _draft(case: Case, at: datetime) -> None:
    roundtable.end(case, "M-1", by=ADA, at=at, steers=False)
    minutes.file(case, case.all(RoundTable)[0], "what was said", by=ADA, at=at)


BEA = Professional("@bea:example.org", "Bea", "police")
ASKED = request.Standing("w45 law", "w55 both")
TOLD = request.Standing("w56 law", "w57 both", consent=request.Consent.NOT_ASKED, not_asked="w58 ran away")
RETURNED = request.Standing("w196 law", "w197 both", consent=request.Consent.NOT_ASKED, not_asked="w198 ran away")

STORY: list[Line] = [
    ("review", lambda c, at: c.plan_review(LATER, by=CLEO, at=at)),
    ("stepup", lambda c, at: closing.step_to(c, Mode.TEAM, by=CLEO, at=at)),
    ("stepdown", lambda c, at: closing.step_to(c, Mode.TABLE, by=CLEO, at=at)),
    ("direct", lambda c, at: c.direct(DIRK.user_id, by=CLEO, at=at)),
    ("concern", lambda c, at: concern.raise_concern(c, "w1 sleeps in a car", source="w2 his aunt", by=DIRK, at=at)),
    *gather("STORY"),
    ("correct", lambda c, at: correction.correct(c, "C-1", "w3 sleeps at a friend's", by=DIRK, at=at)),
    (
        "request",
        lambda c, at: request.ask(
            c, POLICE, "w4 calls?", because="w5 plan", on=ASKED, due_at=NEXT_WEEK, by=DIRK, at=at
        ),
    ),
    ("snooze", lambda c, at: reminders.snooze(c, "R-1", at + timedelta(days=1), by=ADA, at=at)),
    ("pause", lambda c, at: reminders.pause(c, "R-1", because="w6 the archive moves", by=ADA, at=at)),
    ("resume", lambda c, at: reminders.resume(c, "R-1", by=ADA, at=at)),
    ("moretime", lambda c, at: request.ask_for_time(c, "R-1", LATER, because="w7 archive", by=ADA, at=at)),
    ("pass", lambda c, at: request.pass_on(c, "R-1", BEA, because="w60 knows", by=ADA, at=at)),
    (
        "answer",
        lambda c, at: request.answer(
            c, "R-1", Answered.PARTLY, "w8 two", withheld="w9 names", instead="w46 ask Finn", on=TOLD, by=ADA, at=at
        ),
    ),
    ("correct", lambda c, at: correction.correct(c, "R-1", "w10 three in May", by=ADA, at=at)),
    ("narrow", lambda c, at: request.narrow(c, "R-1", "w11 this year?", due_at=LATER, by=DIRK, at=at)),
    ("drop", lambda c, at: request.drop(c, "R-1", because="w12 he told us", by=DIRK, at=at)),
    ("action", lambda c, at: action.propose(c, "w13 visit", POLICE, due_at=NEXT_WEEK, worse="w14 no", by=DIRK, at=at)),
    ("accept", lambda c, at: action.accept(c, "A-1", by=ADA, at=at)),
    ("move", lambda c, at: action.move(c, "A-1", LATER, because="w15 they are away", by=ADA, at=at)),
    ("hand", lambda c, at: action.hand(c, "A-1", HEALTH, because="w16 know him", by=ADA, at=at)),
    ("accept", lambda c, at: action.accept(c, "A-1", by=FINN, at=at)),
    ("worse", lambda c, at: action.check_harm(c, "A-1", "w171 he may hide", by=DIRK, at=at)),
    ("going", lambda c, at: action.tell_it_goes_on(c, "A-1", by=FINN, at=at)),
    ("done", lambda c, at: action.finish(c, "A-1", "w17 she cried", by=FINN, at=at)),
    (
        "action",
        lambda c, at: action.propose(
            c, "w51 ask", POLICE, due_at=NEXT_WEEK, how="w52 they say so", because="w53 nobody did", by=DIRK, at=at
        ),
    ),
    ("notdone", lambda c, at: action.leave_undone(c, "A-2", "w54 forgot", by=ADA, at=at)),
    ("action", lambda c, at: action.propose(c, "w18 call", POLICE, due_at=NEXT_WEEK, by=DIRK, at=at)),
    ("decline", lambda c, at: action.decline(c, "A-3", "w19 no time", by=ADA, at=at)),
    ("notpossible", lambda c, at: action.give_up(c, "A-3", "w20 they moved", by=DIRK, at=at)),
    (
        "decide",
        lambda c, at: decision.decide(c, "w21 one calls", because="w22 he hides", review_at=NEXT_WEEK, by=ADA, at=at),
    ),
    ("agree", lambda c, at: decision.take_position(c, "D-1", decision.Stance.AGREES, by=DIRK, at=at)),
    ("dissent", lambda c, at: decision.take_position(c, "D-1", decision.Stance.DISSENTS, why="w23 no", by=FINN, at=at)),
    (
        "escalate",
        lambda c, at: escalation.escalate(c, "D-1", because="w151 his doctor", due_at=at, urgent=False, by=FINN, at=at),
    ),
    ("climb", lambda c, at: escalation.climb(c, c.all(Escalation)[0], due_at=NEXT_WEEK, by=CLEO, at=at)),
    ("resolve", lambda c, at: escalation.resolve(c, "D-1", "w152 he stays", by=FINN, at=at)),
    ("roundtable plan", lambda c, at: planning.plan(c, [M1, M2], chair=ADA.user_id, about="w24 back", by=ADA, at=at)),
    ("available", lambda c, at: planning.answer(c, "M-1", {1: planning.Can.YES}, by=FINN, at=at)),
    ("roundtable fix", lambda c, at: planning.fix(c, "M-1", 1, by=ADA, at=at, steers=False)),
    (
        "roundtable move",
        lambda c, at: planning.move(c, "M-1", M1 + timedelta(hours=2), because="w25 ill", by=ADA, at=at),
    ),
    ("roundtable chair", lambda c, at: meeting.hand_chair(c, "M-1", DIRK.user_id, by=ADA, at=at, steers=False)),
    ("roundtable chair", lambda c, at: meeting.hand_chair(c, "M-1", ADA.user_id, by=DIRK, at=at, steers=False)),
    ("agenda", lambda c, at: roundtable.add_agenda_item(c, "M-1", "w26 the timetable", by=FINN, at=at)),
    ("attend", lambda c, at: roundtable.announce(c, "M-1", Presence.ATTENDS, by=DIRK, at=at)),
    ("apologies", lambda c, at: roundtable.announce(c, "M-1", Presence.APOLOGIES, why="w27 ill", by=FINN, at=at)),
    (
        "research",
        lambda c, at: research.ask(c, "M-1", ["social", "police", "health"], because="w199 a fight", by=DIRK, at=at),
    ),
    (
        "known",
        lambda c, at: research.give_back(
            c,
            "Q-3",
            known=True,
            text="w191 one stay",
            lead="w192 a nurse",
            suggest="w193 a call",
            on=RETURNED,
            by=FINN,
            at=at,
        ),
    ),
    ("correct", lambda c, at: correction.correct(c, "Q-3", "w194 two stays", by=FINN, at=at)),
    (
        "research refused",
        lambda c, at: research.give_back(
            c,
            "Q-1",
            known=False,
            text="w320 a promise",
            grounds=(request.Ground.OTHER,),
            instead="w321 ask her",
            on=RETURNED,
            by=DIRK,
            at=at,
        ),
    ),
    ("nothing known", lambda c, at: research.give_back(c, "Q-2", known=False, text="w195 since May", by=ADA, at=at)),
    (
        "roundtable",
        lambda c, at: series.begin(
            c,
            "FREQ=MONTHLY",
            [M2, M2 + timedelta(days=30), M2 + timedelta(days=60)],
            every="month",
            chair=ADA.user_id,
            by=ADA,
            at=at,
            about="w28 quarterly",
            where="w29 town hall",
        ),
    ),
    (
        "roundtable skip",
        lambda c, at: series.skip(
            c, "M-2", [M2 + timedelta(days=30 * n) for n in range(5)], because="w30 feast", by=ADA, at=at
        ),
    ),
    ("roundtable stop", lambda c, at: series.stop(c, "M-3", because="w31 enough", by=ADA, at=at)),
    (
        "roundtable",
        lambda c, at: roundtable.schedule(c, M2, chair=ADA.user_id, about="w32 x", because="w93 y", by=ADA, at=at),
    ),
    ("roundtable cancel", lambda c, at: roundtable.cancel(c, "M-5", because="w33 no need", by=ADA, at=at)),
    ("roundtable start", lambda c, at: roundtable.start(c, "M-1", by=ADA, at=at, steers=False)),
    ("confirm", lambda c, at: roundtable.confirm(c, "M-1", by=FINN, at=at)),
    ("confirm", lambda c, at: roundtable.confirm(c, "M-1", by=DIRK, at=at)),
    ("roundtable next", lambda c, at: meeting.begin_next(c, by=ADA, at=at, steers=False)),
    ("conflict", lambda c, at: meeting.declare_conflict(c, "w34 my brother", by=FINN, at=at)),
    ("roundtable taker", lambda c, at: meeting.appoint(c, DIRK.user_id, by=ADA, at=at, steers=False)),
    ("note", lambda c, at: roundtable.take_note(c, NoteKind.NOTE, "w35 he came", by=DIRK, at=at, steers=False)),
    ("roundtable end", _draft),
    ("audit", lambda c, at: audit.give(c, "M-1", audit.Marks(3, 4, 2, 3), by=ADA, at=at)),
    ("minutes correct", lambda c, at: minutes.correct(c, "M-1", "w36 it was", by=FINN, at=at, calendar=CALENDAR)),
    (
        "minutes dispute",
        lambda c, at: minutes.dispute(c, "M-1", "w37 never", by=FINN, at=at, calendar=CALENDAR, paragraph="M-1/n2"),
    ),
    (
        "minutes settle",
        lambda c, at: minutes.settle(c, "M-1", "M-1/n2", "w38 perhaps", by=ADA, at=at, steers=False, numbers={}),
    ),
    (
        "minutes view",
        lambda c, at: minutes.add(c, "M-1", NoteKind.VIEW, "w39 home", by=ADA, at=at, calendar=CALENDAR),
    ),
    (
        "minutes credit",
        lambda c, at: minutes.add(
            c, "M-1", NoteKind.CREDIT, "w40 found it", credits_="health", by=ADA, at=at, calendar=CALENDAR
        ),
    ),
    ("minutes agree", lambda c, at: minutes.second(c, "M-1", by=DIRK, at=at)),
    ("minutes approve", lambda c, at: minutes.approve(c, "M-1", by=ADA, at=at, numbers={})),
    ("minutes addendum", lambda c, at: minutes.add_later(c, "M-1", "w41 changed its mind", by=DIRK, at=at)),
    (
        "minutes summary",
        lambda c, at: disclosure.approve(c, c.all(RoundTable)[0], "sum", (), by=ADA, at=at, steers=False),
    ),
    (
        "disclose",
        lambda c, at: disclosure.disclose(c, "M-1", "school", because="w59 go on", consensus=True, by=ADA, at=at),
    ),
    ("consent", lambda c, at: disclosure.consent(c, "L-1", by=DIRK, at=at)),
    ("retain", lambda c, at: disclosure.retain(c, "L-1", by=FINN, at=at)),
    ("disclosure stopped", lambda c, at: disclosure.stop(c, c.all(Disclosure)[0], by=CLEO, at=at)),
    ("disclosed", lambda c, at: disclosure.let_go(c, c.all(Disclosure)[0], by=CLEO, at=at)),
    ("invite", lambda c, at: c.invite(HUGO, because="w42 his school", by=CLEO, at=at)),
    ("brief", lambda c, at: c.brief(HUGO.user_id, by=CLEO, at=at)),
    ("release", lambda c, at: c.release(HUGO.user_id, by=CLEO, at=at)),
    ("close", lambda c, at: closing.close(c, because="w43 he is back", owner="social", by=CLEO, at=at)),
    ("review none", lambda c, at: afterwards.find_none(c, by=CLEO, at=at)),
    ("reopen", lambda c, at: c.reopen(because="w44 missing again", by=CLEO, at=at)),
    (
        "close",
        lambda c, at: closing.close(
            c, because="w96 goal met", owner="social", informed="w97 told", retention="5 years", by=CLEO, at=at
        ),
    ),
    ("repeat", lambda c, at: c.reopen(because="w98 once more", by=CLEO, at=at, repeat=True)),
]
"""Each line is said by one person at a moment of its own; its words begin with ``w`` and a number."""
SAYS = [f"w{number} " for number in (*range(1, 47), *range(51, 61), *range(91, 99), *range(191, 200))]


def moment(line: int) -> datetime:
    """When a line of the story is said."""
    return NOW + timedelta(minutes=line + 1)


def told(lines: int) -> Case:
    """The case after so many lines."""
    case = a_case()
    expect(case, ["health"], NOW + timedelta(days=365))
    for number, (_, say) in enumerate(STORY[:lines]):
        say(case, moment(number))
    return case

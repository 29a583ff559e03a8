"""Round tables on the board: the one that is held, those ahead, those that look for a time, and unfinished minutes."""

from collections.abc import Iterator

from cases.case import Case
from commands.board.parts import Meeting, Offer, Point, label
from commands.planning import rules as planning
from commands.planning.rules import Can, ProposedTime
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import Presence, RoundTable, State

ATTEND, APOLOGIES, AGENDA = label("I come"), label("I can’t come"), label("Put on the agenda")
START, END, CANCEL = label("Start"), label("End"), label("Call off")
CONFIRM = label("I am here, and keep it confidential")
LINES = (
    (label("Take a note"), "note:"),
    (label("What the person says"), "view:"),
    (label("Worried about"), "worried:"),
    (label("Working well"), "working:"),
    (label("Needed"), "needed:"),
    (label("Apologies"), "apologies:"),
)
TIMES = ((label("Yes"), Can.YES), (label("If need be"), Can.IF_NEED_BE), (label("No"), Can.NO))
FIX = label("Take this time")
MINUTES, CORRECT = label("Show the minutes"), label("Correct the minutes")
VIEW, APPROVE = label("Add the person’s view"), label("Approve the minutes")


def list_meetings(case: Case) -> list[Meeting]:
    """Those that somebody still does something about, the most pressing first."""
    running = roundtable.running(case)
    ended = [t for t in case.all(RoundTable) if t.state is State.ENDED and not t.approved_at and not t.withdrawn]
    tables = [*([running] if running else []), *roundtable.upcoming(case), *planning.planned(case), *reversed(ended)]
    return [
        Meeting(
            table.id,
            table.state,
            table.starts_at,
            table.about,
            table.where,
            tuple(_points(case, table)),
            _there(case, table),
            tuple(_offers(case, table)),
        )
        for table in tables
    ]


def _points(case: Case, table: RoundTable) -> Iterator[Point]:
    if table.state is State.PLANNING:
        for time in planning.times_of(case, table):
            yield Point(f"{table.id}/{time.number}", at=time.starts_at, offers=tuple(_on_time(case, table, time)))
    else:
        for item in roundtable.agenda_of(case, table):
            yield Point(item.id, item.text, minutes=item.minutes)


def _on_time(case: Case, table: RoundTable, time: ProposedTime) -> Iterator[Offer]:
    for name, can in TIMES:
        yield Offer(name, "available", table.id, said=f"{time.number} {can}")
    yield Offer(FIX, "roundtable fix", table.id, _chair(case, table), said=str(time.number))


def _there(case: Case, table: RoundTable) -> tuple[str, ...]:
    wanted = Presence.ATTENDS if table.state is State.SCHEDULED else Presence.CONFIRMED
    return tuple(person for person, said in roundtable.presences(case, table).items() if said is wanted)


def _chair(case: Case, table: RoundTable) -> tuple[str, ...]:
    """Who chairs it, and who runs the case."""
    return tuple(dict.fromkeys(filter(None, (table.chair, case.director))))


def _offers(case: Case, table: RoundTable) -> Iterator[Offer]:
    chair = _chair(case, table)
    match table.state:
        case State.SCHEDULED:
            yield Offer(ATTEND, "attend", table.id)
            yield Offer(APOLOGIES, "apologies", table.id, also=("why",))
            yield Offer(AGENDA, "agenda", table.id)
            yield Offer(START, "roundtable start", table.id, chair)
            yield Offer(CANCEL, "roundtable cancel", table.id)
        case State.RUNNING:
            said = roundtable.presences(case, table)
            if waiting := tuple(m.user_id for m in case.present if said.get(m.user_id) is not Presence.CONFIRMED):
                yield Offer(CONFIRM, "confirm", table.id, waiting)
            writers = (*chair, *([table.taker] if table.taker else []))
            for name, line in LINES:
                yield Offer(name, line, by=writers)
            yield Offer(AGENDA, "agenda", table.id)
            yield Offer(END, "roundtable end", table.id, chair)
        case State.PLANNING:
            yield Offer(CANCEL, "roundtable cancel", table.id)
        case State.ENDED:
            yield Offer(MINUTES, "minutes", table.id)
            yield Offer(CORRECT, "minutes correct", table.id)
            yield Offer(VIEW, "minutes view", table.id)
            yield Offer(APPROVE, "minutes approve", table.id)
        case _:
            return

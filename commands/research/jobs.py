"""Five working days before a round table each agency is asked to check its own records first (practice, 3 and 5)."""

from collections.abc import Iterator

from cases.case import Case
from chat.context import Reply, case_channel
from chat.jobs import Sweep, job
from commands.request import audience
from commands.research import asking
from commands.research import rules as research
from commands.roundtable import preparing
from commands.roundtable import rules as roundtable
from commands.roundtable.preparing import Stage
from commands.roundtable.rules import RoundTable
from storage import causes
from storage.work import Work


@job
def ask_before_tables(sweep: Sweep) -> None:
    """Ask each agency in its own room, and tell the table once, in working hours."""

    def ask_in(ref: str) -> None:
        case = sweep.case(ref)
        if case is None or sweep.house.calendar(case).rests(sweep.now):
            return
        for table in list(_due(case, sweep)):
            # Whoever takes a seat later is asked as well.
            unasked = ",".join(research.unasked(case, table.id))
            cause = causes.of_job("research", ref, table.id, f"{table.starts_at:%Y-%m-%dT%H:%MZ}", unasked)
            if sweep.is_done(cause):
                continue
            with sweep.store.work(cause, sweep.now) as work:
                work.record(sweep.entry("research", ref, cause))
                # Somebody may have seen to it since the sweep began.
                current = work.find.case(ref)
                for one in _due(current, sweep) if current else ():
                    if current and one.id == table.id:
                        _ask(current, one, sweep, work)

    sweep.each(ask_in)


def _due(case: Case, sweep: Sweep) -> Iterator[RoundTable]:
    """The meetings before which it is time to ask; of those planned later only the ones of a sitting."""
    for table in roundtable.upcoming(case) if not case.closed else ():
        begins = preparing.moment(table, Stage.CHECK, sweep.house.calendar(case))
        if begins <= sweep.now < table.starts_at and (table.sitting or preparing.settled_at(case, table) < begins):
            yield table


def _ask(case: Case, table: RoundTable, sweep: Sweep, work: Work) -> None:
    directory, calendar = work.find.directory(), sweep.house.calendar(case)
    begins, ends = (preparing.moment(table, stage, calendar) for stage in (Stage.CHECK, Stage.PACK))
    is_news = not research.checks_for(case, table.id) or not research.unasked(case, table.id)
    # Where the invitation came later it has just said so.
    is_news = is_news and preparing.settled_at(case, table) < begins
    checks = asking.ask(case, table, directory, by=sweep.house.bot, at=sweep.now)
    polls = sweep.house.of(case.scheme).polls
    for channel, card in asking.cards(case, table, checks, directory, polls=polls):
        sweep.say(work, channel, card, case)
    if is_news and sweep.now < ends:
        rung = {person for check in checks for person in audience.of_agency(case, directory, check.to_agency)}
        # Who was rung in their own room is not rung again here.
        wake = tuple(member.user_id for member in case.present if member.user_id not in rung)
        facts: dict[str, object] = {"table": table, "waiting": research.waits_for(case, table.id)}
        sweep.say(work, case_channel(case.ref), Reply("research/begun", facts, table.id, wake), case)

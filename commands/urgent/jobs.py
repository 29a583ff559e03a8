"""Who is silent, who was asked in, and why it was: what follows of an urgent call by itself."""

from cases.case import Case
from cases.record import one_of
from chat.context import Reply, agency_channel, case_channel, direct_channel
from chat.jobs import Sweep, hurried, job
from commands.urgent import rules as urgent
from commands.urgent.rules import GUESTS_STAY, WARNED_BEFORE, Urgent
from storage import causes

CAUSE = "urgent-why"
"""The kind of the job that asks for the reason."""


@hurried(urgent.CALLED)
def call_next(sweep: Sweep) -> None:
    """Call the next on the rota after a quarter of an hour of silence, at any hour."""
    with sweep.store.look() as find:
        refs = find.cases_with(urgent.CALLED)

    def call(ref: str) -> None:
        case = _case(sweep, ref)
        for one in [one for one in case.all(Urgent) if urgent.is_silent(one, sweep.now)] if case else ():
            cause = causes.of_job("urgent-next", ref, one.id, one.turn + 1)
            if sweep.is_done(cause):
                continue
            with sweep.store.work(cause, sweep.now) as work:
                work.record(sweep.entry("urgent", ref, cause))
                found = work.find.case(ref)
                if found is None:
                    continue
                current = one_of(found.all(Urgent), one.id)
                if not urgent.is_silent(current, sweep.now):
                    continue
                urgent.call_next(found, current, by=sweep.house.bot, at=sweep.now)
                facts = _facts(sweep, found, current)
                for person in current.called_last:
                    sweep.say(work, direct_channel(person), Reply("urgent/call", facts, one.id, (person,)), found)
                sweep.say(work, _home(found, current), Reply("urgent/called_next", facts, one.id), found)

    sweep.each(call, refs)


@job
def ask_why(sweep: Sweep) -> None:
    """Ask at noon of the next working day why it was urgent, and on which basis."""
    with sweep.store.look() as find:
        refs = find.cases_with(urgent.UNSETTLED)

    def ask(ref: str) -> None:
        case = _case(sweep, ref)
        for one in case.all(Urgent) if case else ():
            cause = causes.of_job(CAUSE, ref, one.id)
            if case is None or one.reason or one.withdrawn or sweep.now < one.explain_at or sweep.is_done(cause):
                continue
            with sweep.store.work(cause, sweep.now) as work:
                work.record(sweep.entry("urgent", ref, cause))
                wake = (one.by,) if one.by in work.find.directory().people else ()
                sweep.say(work, _home(case, one), Reply("urgent/why", _facts(sweep, case, one), one.id, wake), case)

    sweep.each(ask, refs)


@job
def see_guests_out(sweep: Sweep) -> None:
    """Who was asked to the table meanwhile leaves after three days, and hears that a day before."""
    with sweep.store.look() as find:
        refs = find.cases_with(urgent.UNSETTLED)

    def see_out(ref: str) -> None:
        case = _case(sweep, ref)
        for guest in urgent.guests(case) if case else ():
            leaves_at = guest.invited_at + GUESTS_STAY
            kind = "leaves" if sweep.now >= leaves_at else "warned" if sweep.now >= leaves_at - WARNED_BEFORE else None
            cause = causes.of_job("urgent-guest", ref, guest.id, kind)
            if kind is None or sweep.is_done(cause):
                continue
            with sweep.store.work(cause, sweep.now) as work:
                work.record(sweep.entry("urgent", ref, cause))
                found = work.find.case(ref)
                if found is None or not found.is_member(guest.user_id):
                    continue
                facts: dict[str, object] = {"ref": ref, "person": guest.user_id, "when": leaves_at}
                if kind == "leaves":
                    found.release(guest.user_id, by=sweep.house.bot, at=sweep.now)
                    work.remove(case_channel(ref), guest.user_id)
                sweep.say(work, case_channel(ref), Reply(f"urgent/guest_{kind}", facts), found)

    sweep.each(see_out, refs)


def _case(sweep: Sweep, ref: str) -> Case | None:
    with sweep.store.look() as find:
        return find.case(ref)


def _home(case: Case, one: Urgent) -> str:
    return case_channel(case.ref) if case.has_table else agency_channel(one.agency)


def _facts(sweep: Sweep, case: Case, one: Urgent) -> dict[str, object]:
    number = sweep.house.of(case.scheme).emergency_number
    return {"urgent": one, "ref": case.ref, "number": number, "has_table": case.has_table}

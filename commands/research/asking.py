"""Asking the agencies for their research: each in its own room, by reference; what the case is about stays in it."""

from collections.abc import Iterator
from datetime import datetime

from cases.case import Case
from cases.people import Professional
from chat.context import Reply, agency_channel
from commands.poll.rules import people_of
from commands.request import answering, audience
from commands.research import rules as research
from commands.research.rules import Check
from commands.roundtable.rules import RoundTable
from storage.find import Directory


def ask(
    case: Case,
    table: RoundTable,
    directory: Directory,
    *,
    by: Professional,
    at: datetime,
    because: str | None = None,
) -> list[Check]:
    """Ask every agency at the table that was not asked yet, and of which somebody can read and answer it."""
    able = [
        agency
        for agency in research.unasked(case, table.id)
        if any(not case.has_left(one.user_id) for one in answering.who_answers(directory, agency))
    ]
    return research.ask(case, table.id, able, because=because, by=by, at=at)


def cards(
    case: Case, table: RoundTable, checks: list[Check], directory: Directory, *, polls: bool
) -> Iterator[tuple[str, Reply]]:
    """What each agency reads, and the channel: its own room, or direct chats where somebody has left the table.

    ``polls``: whether those who sit at the table are called by a poll, too; then the card calls the others.
    """
    for check in checks:
        people = audience.of_agency(case, directory, check.to_agency)
        channels = audience.channels(directory, check.to_agency, people)
        polled = polls and channels == [agency_channel(check.to_agency)]
        called = people_of(case, check.to_agency) or people if polled else ()
        wake = tuple(sorted(people.difference(called)))
        card = Reply("research/asked_of_us", facts_of(case, check, table), check.id, wake)
        for channel in channels:
            yield channel, card


def facts_of(case: Case, check: Check, table: RoundTable) -> dict[str, object]:
    """What the templates tell of a check."""
    at_table = [member.user_id for member in case.present if member.agency == check.to_agency]
    return {"check": check, "ref": case.ref, "at_table": at_table, "table": table}

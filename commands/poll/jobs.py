"""Polls come with their question and go once it is settled: never edited, never ended, so that no cup is shown."""

import json

from cases.case import Case
from chat.context import case_channel
from chat.jobs import Sweep, on_change
from chat.layout import plain
from chat.registry import commands
from commands.poll.rules import Question, list_questions
from storage import causes
from storage.find import Card, Find
from storage.work import Poll, Work

SETTLED = "done"


@on_change
def keep_polls(sweep: Sweep) -> None:
    """Ask what is open, and take away what is settled or over; typed answers count as well."""

    def keep_in(ref: str) -> None:
        case = sweep.case(ref)
        if case is None:
            return
        with sweep.store.look() as find:
            asked = _asked(find, ref)
        polls = sweep.house.of(case.scheme).polls
        wanted = {question.key: question for question in list_questions(case, sweep.now)} if polls else {}
        if wanted.keys() == asked.keys():
            return
        cause = causes.of_job("polls", ref, sweep.now.isoformat(), ", ".join(sorted(wanted)))
        with sweep.store.work(cause, sweep.now) as work:
            for key in [key for key in asked if key not in wanted]:
                work.retract_row(asked.pop(key))
            for key, question in wanted.items():
                if key not in asked:
                    asked[key] = _ask(sweep, work, case, question)
            work.keep(_key(ref), json.dumps(asked))
            # No line in the audit log: nobody did anything yet.
            work.outcome = SETTLED

    sweep.each(keep_in)


def _ask(sweep: Sweep, work: Work, case: Case, question: Question) -> str:
    """Put the question; gives the transaction id of its row."""
    channel = case_channel(case.ref)
    text = sweep.house.voice(work.find.directory(), channel, case).text(f"poll/{question.kind}", vars(question))
    asked, *answers = (line for line in plain(text).split("\n") if line)
    pairs = tuple((command, label) for command, _, label in (line.partition(" = ") for line in answers))
    return work.ask(channel, Poll(asked, pairs, question.asked, question.subject), scope=case.ref)


def _asked(find: Find, ref: str) -> dict[str, str]:
    """The polls that stand in a case's room: by question the transaction id of its row."""
    kept: dict[str, str] = json.loads(find.setting(_key(ref)) or "{}")
    return kept


def _key(ref: str) -> str:
    return f"polls {ref}"


def is_asked(find: Find, card: Card) -> bool:
    """Whether a poll still stands: a tap counts only until its question is settled."""
    return card.txn_id in _asked(find, card.case_ref).values()


commands.polls.append(is_asked)

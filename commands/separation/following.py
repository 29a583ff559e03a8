"""What is deleted, or brought back, in a case, where its words were put on file in a second one as well.

There it is the bot that does it: its author may not sit there, and hears nothing of that case.
"""

from collections.abc import Callable, Collection

from cases.case import Case
from cases.record import Step
from chat.context import House, Reply, case_channel
from commands.erasure import rules as erasure
from commands.separation import links
from storage.work import Work

Again = Callable[[Case, int], Step | None]
"""Does in a case with a step, by its number, what was done with another one; None: nothing is to be done."""


def follow_deletion(work: Work, house: House, case: Case, erased: Collection[int]) -> None:
    """Take the words of these steps off the file of the cases that have them, too."""

    def act(other: Case, number: int) -> Step | None:
        return erasure.erase_copy(other, number, by=house.bot, at=work.now)

    _follow(work, house, case, erased, act, "separation/erased")


def follow_restoring(work: Work, house: House, case: Case, restored: Collection[int]) -> None:
    """Bring the words of these steps back there, too."""

    def act(other: Case, number: int) -> Step | None:
        return erasure.restore_copy(other, number, by=house.bot, at=work.now)

    _follow(work, house, case, restored, act, "separation/restored")


def _follow(  # noqa: PLR0917 what, where, and how it is told
    work: Work, house: House, case: Case, numbers: Collection[int], act: Again, template: str
) -> None:
    for link in links.links_of(work.find, case.ref):
        there = [link.steps[number] for number in numbers if number in link.steps]
        other = work.find.case_or_none(link.other) if there else None
        if other is None:
            continue
        done = [(number, step) for number in dict.fromkeys(there) if (step := act(other, number))]
        for record_id in dict.fromkeys(step.subject.partition("/")[0] for _, step in done):
            house.say(work, case_channel(other.ref), Reply(template, {"id": record_id}, record_id), other)
        # It may have been carried on from there.
        _follow(work, house, other, [number for number, _ in done], act, template)

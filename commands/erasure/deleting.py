"""What somebody deletes in a room is taken off the file, unless it is not certain that it was they (decision 9)."""

from collections.abc import Callable
from datetime import datetime

from cases.roles import ABOVE
from chat.context import House, Reply, direct_channel, person_of
from chat.incoming import DONE
from commands.advice import numbers
from commands.erasure import deletions
from commands.erasure.deletions import Doubt, Said
from storage import audit, questions
from storage import deletions as kept_deletions
from storage.audit import Entry
from storage.find import place_of
from storage.store import Store
from storage.thread import in_store_thread
from storage.work import AlreadyHandledError, Work


class Deleting:
    """Carries out what the deletion of a message means, once."""

    def __init__(self, store: Store, house: House, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._house = house
        self._clock = clock

    @in_store_thread
    def deleted(self, room_id: str, sender: str, deleted: str, cause: str, of_account: Doubt | None = None) -> None:
        """Take what a deleted message said off the file, and what the bot said to it out of its rooms.

        That goes for what was refused, too. That the message was there, and what others did with it, stays. Where it
        is not certain that its author deleted it, all of it stays until the author says so (decision 9).
        ``of_account``: what speaks against the sender's account.
        """
        with self._store.look() as find:
            channel = find.channel(room_id)
        if channel is None:
            return
        try:
            with self._store.work(cause, self._clock()) as work:
                author = audit.author_of(work.session, deleted) or sender
                logged = audit.lines_of(work.session, deleted, author)
                refs = dict.fromkeys(line.case_ref for line in logged if line.done and line.case_ref)
                held = False
                for ref in refs:
                    held = self._forget(work, ref, logged, author, sender, deleted, channel, of_account) or held
                if channel in ABOVE:
                    held = self._forget_above(work, logged, author, sender, deleted, channel, of_account)
                if author == sender and not held:
                    # What was put above the tables waits there for advice, as long as its words are on file.
                    above = [place.value for place in ABOVE if place != channel]
                    for cause_of_line in dict.fromkeys(line.cause for line in logged):
                        questions.settle(work, cause_of_line, but=above)
        except AlreadyHandledError:
            return

    def _forget(  # noqa: PLR0917
        self,
        work: Work,
        ref: str,
        logged: list[audit.Line],
        author: str,
        sender: str,
        deleted: str,
        channel: str,
        of_account: Doubt | None,
    ) -> bool:
        """Take what a message said in one case off the file; True: it stays until its author says so."""
        case = work.find.case(ref)
        if case is None:
            return False
        said = Said.of(deleted, person_of(author, case, work.find.directory()), case, logged)
        if not said.is_from(case, channel) or (author != sender and not said.on_file(case)):
            return True
        why = deletions.doubt(work, said, sender, of_account) if said.on_file(case) else None
        if why is None:
            deletions.retract_asked(work, case, said)
            told = deletions.take_off(work, self._house, case, said, channel)
            work.record(deletions.entry(said, case, channel, told.name if told else None, DONE, work.cause))
            for where, reply in told.replies.items() if told else ():
                deletions.say(work, self._house, case, where, reply)
        elif kept_deletions.asked(work.find, deleted) is None:
            subject = deletions.hold(work, self._house, case, said, channel, why)
            work.record(deletions.entry(said, case, channel, subject, deletions.ASKED, work.cause))
        return why is not None

    def _forget_above(  # noqa: PLR0917
        self,
        work: Work,
        logged: list[audit.Line],
        author: str,
        sender: str,
        deleted: str,
        channel: str,
        of_account: Doubt | None,
    ) -> bool:
        """Take advice off the file of the case that it was given in; where it was given nothing tells which that is.

        Where it is not certain that its author deleted it, it stays: they can't be asked without naming the case.
        """
        held = False
        links = numbers.all_of(work.find, channel)
        for line in logged:
            link = links.get(line.subject or "") if line.done else None
            case = work.find.case(link.ref) if link else None
            if link is None or case is None:
                continue
            by = person_of(author, case, work.find.directory())
            said = Said(deleted, by, ((line.at, link.record),), frozenset({channel}))
            doubt = deletions.doubt(work, said, sender, of_account) if said.on_file(case) else None
            held = held or doubt is not None
            told = None if doubt else deletions.take_off(work, self._house, case, said)
            if told is None:
                continue
            work.record(Entry(author, place_of(channel), None, audit.ERASE, line.subject, DONE, work.cause))
            there = Reply("erasure/erased_above", {"number": line.subject})
            for where, reply in {**told.replies, channel: there}.items():
                if where != direct_channel(author):
                    deletions.say(work, self._house, case, where, reply)
        return held

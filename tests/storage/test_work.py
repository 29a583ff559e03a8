import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest
import sqlalchemy as sa

from cases.errors import Refusal
from cases.people import Addressee
from commands.action import rules as action
from commands.action.rules import Action, State
from commands.concern.rules import Concern, raise_concern
from commands.request import rules as request
from commands.request.rules import Request
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import AgendaItem, Note
from storage import audit, tables
from storage.messages import LARGEST_ATTACHMENT, OUTBOX_BODY, Attachment, Message
from storage.outbox import Outbox
from storage.store import Store
from storage.work import AlreadyHandledError, Work
from tests.storage.examples import ADA, CLEO, NOW, a_case, an_entry

HELLO = Message("hello", "<b>hello</b>", mentions=("@ada:example.org",), notice=False, subject="C-1")


def count(store: Store, table: sa.Table) -> int:
    with store.update() as session:
        return (session.execute(sa.select(sa.func.count()).select_from(table))).scalar_one()


def test_a_case_comes_back_as_it_was(store: Store) -> None:
    with store.work("$1", NOW) as work:
        case = a_case()
        case.invite(ADA, because="knows the family", by=CLEO, at=NOW)
        raise_concern(case, "bruises 🧡 على", by=ADA, at=NOW, source="seen")
        request.ask(
            case, Addressee("health"), "seen?", because="safety", due_at=NOW + timedelta(days=3), by=ADA, at=NOW
        )
        work.open_case(case)
    with store.look() as find:
        found = find.case("K7QF")
    assert found is not None
    assert found.seats == ("social", "police", "health")
    assert [m.user_id for m in found.members] == [ADA.user_id]
    assert [(c.id, c.about, c.source, c.at) for c in found.all(Concern)] == [("C-1", "bruises 🧡 على", "seen", NOW)]
    assert [(r.id, r.due_at, r.state) for r in found.all(Request)] == [("R-1", NOW + timedelta(days=3), "open")]
    assert [s.verb for s in found.steps] == ["open", "invite", "concern", "request"]


def test_the_same_cause_has_its_effect_once(store: Store) -> None:
    with store.work("$1", NOW) as work:
        work.say("coordination", HELLO)
    with pytest.raises(AlreadyHandledError), store.work("$1", NOW) as work:
        work.say("coordination", HELLO)
    assert count(store, tables.outbox) == 1


def test_a_fault_undoes_everything(store: Store) -> None:
    def fail() -> None:
        with store.work("$1", NOW) as work:
            work.open_case(a_case())
            work.say("coordination", HELLO)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [count(store, t) for t in (tables.cases, tables.outbox, tables.inbox, tables.steps)] == [0, 0, 0, 0]


def test_a_refusal_undoes_the_command_and_keeps_answer_and_audit(store: Store) -> None:
    with store.work("$1", NOW) as work:
        work.open_case(a_case())

    def refuse(work: Work) -> None:
        with work.or_nothing():
            case = work.find.case("K7QF")
            assert case is not None
            raise_concern(case, "half done", by=ADA, at=NOW)
            work.save()
            raise Refusal("some/refusal")

    with store.work("$2", NOW) as work:
        with pytest.raises(Refusal):
            refuse(work)
        work.record(an_entry("$2", "some/refusal"))
        work.say("case:K7QF", HELLO, scope="K7QF")
    counted = [count(store, t) for t in (tables.steps, tables.audit, tables.outbox)]
    assert counted == [1, 1, 1]  # the step is the one that opened the case
    with store.look() as find:
        assert find.outcome("$2") == "some/refusal"


async def test_five_at_once_lose_no_update(store: Store) -> None:
    with store.work("$0", NOW) as work:
        work.open_case(a_case())

    def one(number: int) -> None:
        with store.work(f"${number}", NOW) as work:
            case = work.find.case("K7QF")
            assert case is not None
            raise_concern(case, f"number {number}", by=ADA, at=NOW)
            work.record(an_entry(f"${number}"))

    await asyncio.gather(*(store.do(one, number) for number in range(1, 6)))
    with store.look() as find:
        case = find.case("K7QF")
    assert case is not None
    assert sorted(c.id for c in case.all(Concern)) == ["C-1", "C-2", "C-3", "C-4", "C-5"]


def test_what_is_undone_after_a_restart_gets_its_old_values_back(store: Store) -> None:
    due, later = NOW + timedelta(days=3), NOW + timedelta(days=9)
    with store.work("$1", NOW) as work:
        case = a_case()
        action.propose(case, "visit", Addressee("police"), due_at=due, by=CLEO, at=NOW)
        action.accept(case, "A-1", by=ADA, at=NOW)
        action.move(case, "A-1", later, because="ill", by=ADA, at=NOW)
        work.open_case(case)
    with store.work("$2", NOW) as work:
        again = work.find.case("K7QF")
        assert again is not None
        again.undo(by=ADA, at=NOW)
    with store.look() as find:
        found = find.case("K7QF")
    assert found is not None
    visit = found.all(Action)[0]
    assert (visit.due_at, visit.first_due_at, visit.remark, visit.state) == (due, None, None, State.ACCEPTED)
    assert isinstance(visit.state, State)


async def test_the_outbox_is_sealed_ordered_and_marked(store: Store) -> None:
    with store.work("$1", NOW) as work:
        work.open_case(a_case())
        work.say("case:K7QF", HELLO, scope="K7QF")
        work.say("coordination", HELLO)
        work.invite("case:K7QF", ADA.user_id)
    outbox = Outbox(store)
    assert await outbox.channels() == ["case:K7QF", "coordination"]
    row = await outbox.next("case:K7QF")
    assert row is not None
    assert (row.txn_id, row.kind, row.plain, row.mentions, row.notice) == (
        "$1.1",
        "message",
        "hello",
        (ADA.user_id,),
        False,
    )
    assert "hello" not in repr(row)
    assert await outbox.next("case:K7QF") == row
    await outbox.mark_sent(row, "$sent", NOW)
    following = await outbox.next("case:K7QF")
    assert following is not None
    assert (following.kind, following.person) == ("invite", ADA.user_id)
    with store.look() as find:
        card = find.card("$sent")
    assert card is not None
    assert (card.channel, card.case_ref, card.subject) == ("case:K7QF", "K7QF", "C-1")


def put_two(store: Store) -> Outbox:
    for cause, channel in (("$1", "coordination"), ("$2", "admin")):
        with store.work(cause, NOW) as work:
            work.say(channel, HELLO)
    return Outbox(store)


async def test_marks_that_come_while_others_are_written_go_together(store: Store) -> None:
    outbox = put_two(store)
    rows = [await outbox.next(channel) for channel in ("coordination", "admin")]
    marked: list[None] = await asyncio.gather(*(outbox.mark_sent(row, f"${row.id}", NOW) for row in rows if row))
    assert len(marked) == len(rows)
    assert await outbox.channels() == []
    with store.look() as find:
        cards = [find.card(f"${row.id}") for row in rows if row]
    assert [card.channel for card in cards if card] == ["coordination", "admin"]


async def test_a_mark_that_could_not_be_written_is_written_with_the_next(store: Store) -> None:
    outbox = put_two(store)
    first, second = [await outbox.next(channel) for channel in ("coordination", "admin")]
    assert first
    assert second
    sa.event.listen(store.engine, "commit", fail, once=True)
    with pytest.raises(ZeroDivisionError):
        await outbox.mark_sent(first, "$a", NOW)
    assert await outbox.channels() == ["coordination", "admin"]
    await outbox.mark_sent(second, "$b", NOW)
    assert await outbox.channels() == []


def fail(_connection: object) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize("kind", ["message", "file"])
@pytest.mark.parametrize("moment", ["not begun", "under way", "before a restart"])
async def test_what_may_have_gone_out_goes_out_again_without_its_words_before_it_is_deleted(
    store: Store, moment: str, kind: str
) -> None:
    with store.work("$1", NOW) as work:
        if kind == "message":
            work.say("coordination", HELLO)
        else:
            work.attach("coordination", Attachment("K7QF-M-1-v1.pdf", "application/pdf", b"%PDF Zephyrine"))
        work.say("coordination", HELLO)
    outbox = Outbox(store)
    if moment == "under way":
        assert await outbox.next("coordination")
    elif moment == "before a restart":
        await outbox.take_up()
    with store.work("$2", NOW) as work:
        work.retract("$1")
    said: list[tuple[str, str | None]] = []
    while row := await outbox.next("coordination"):
        assert (row.plain, row.html, row.file) == ("", "", None)
        said.append((row.kind, row.retracts or row.txn_id))
        await outbox.mark_sent(row, f"${row.id}", NOW)
    # The second was behind it in any case, and is not said any more.
    deleted = [("retract", "$1.1"), ("retract", "$1.2")]
    assert said == (deleted if moment == "not begun" else [(kind, "$1.1"), *deleted])


def test_where_something_waits_is_told_once_it_is_committed(store: Store) -> None:
    told: list[object] = []
    store.on_news = lambda channels: told.append(channels and sorted(channels))
    with store.work("$1", NOW) as work:
        work.say("coordination", HELLO)
        work.say("admin", HELLO)
        work.remove("case:K7QF", ADA.user_id, by="@another:example.org")
        assert told == []
    assert told == [["admin", "coordination"]]

    def break_off() -> None:
        with store.work("$2", NOW) as work:
            work.say("coordination", HELLO)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert told == [["admin", "coordination"]]


async def test_a_file_waits_sealed_in_its_turn_and_is_kept_no_longer_than_it_waits(store: Store) -> None:
    minutes = Attachment("K7QF-M-1-v1.pdf", "application/pdf", b"%PDF Zephyrine")
    with store.work("$1", NOW) as work:
        work.open_case(a_case())
        work.say("case:K7QF", HELLO, scope="K7QF")
        work.attach("case:K7QF", minutes, scope="K7QF", subject="M-1")
    outbox = Outbox(store)
    message = await outbox.next("case:K7QF")
    assert message
    await outbox.mark_sent(message, "$sent", NOW)
    row = await outbox.next("case:K7QF")
    assert row
    assert (row.txn_id, row.kind, row.file, row.subject) == ("$1.2", "file", minutes, "M-1")
    assert "Zephyrine" not in repr(row)
    with store.update() as session:
        waiting = (session.execute(sa.select(tables.outbox.c.body))).scalars().all()[-1]
    await outbox.mark_sent(row, "$file", NOW)
    with store.update() as session:
        kept = (session.execute(sa.select(tables.outbox.c.body))).scalars().all()[-1]
    assert b"Zephyrine" not in waiting
    assert store.ring.open(kept, scope="K7QF", place=OUTBOX_BODY, row="$1.2") == "{}"
    with store.look() as find:
        card = find.card("$file")
    assert card is not None
    assert (card.channel, card.case_ref, card.subject) == ("case:K7QF", "K7QF", "M-1")


@pytest.mark.parametrize(
    ("name", "size"), [("Minutes about Zephyrine.pdf", 1), ("../M-1.pdf", 1), ("M-1.pdf", LARGEST_ATTACHMENT + 1)]
)
def test_a_file_with_a_telling_name_or_beyond_all_measure_is_a_fault(name: str, size: int) -> None:
    with pytest.raises(ValueError, match="attachment"):
        Attachment(name, "application/pdf", bytes(size))


def test_a_round_table_is_kept_with_all_that_belongs_to_it(store: Store) -> None:
    with store.work("$1", NOW) as work:
        case = a_case()
        case.invite(ADA, because="knows", by=CLEO, at=NOW)
        roundtable.schedule(case, NOW + timedelta(days=2), chair=ADA.user_id, by=ADA, at=NOW, about="school")
        roundtable.add_agenda_item(case, "M-1", "what about Friday", by=ADA, at=NOW)
        roundtable.start(case, "M-1", by=ADA, at=NOW, steers=False)
        roundtable.take_note(case, roundtable.NoteKind.NOTE, "he came", by=ADA, at=NOW, steers=False)
        work.open_case(case)
    with store.look() as find:
        found = find.case("K7QF")
    assert found is not None
    table = roundtable.running(found)
    assert table is not None
    assert (table.about, found.all(AgendaItem)[0].text, found.all(Note)[0].text) == (
        "school",
        "what about Friday",
        "he came",
    )
    assert roundtable.agencies_present(found, table) == ["police"]


def test_the_audit_chain_shows_a_changed_a_missing_and_a_moved_line(store: Store) -> None:
    for number in range(1, 5):
        with store.work(f"${number}", NOW) as work:
            work.record(an_entry(f"${number}"))
    log = tables.audit

    def fault_after(*changes: sa.Executable) -> int | None:
        with store.engine.connect() as connection:
            transaction = connection.begin()
            for change in changes:
                connection.execute(change)
            found = audit.first_fault(connection, store.ring)
            transaction.rollback()
            return found

    assert fault_after() is None
    assert fault_after(sa.update(log).where(log.c.id == 2).values(outcome="refused")) == 2
    assert fault_after(sa.delete(log).where(log.c.id == 2)) == 3
    assert (
        fault_after(sa.update(log).where(log.c.id == 2).values(id=99), sa.update(log).where(log.c.id == 3).values(id=2))
        == 2
    )
    assert fault_after(sa.delete(log).where(log.c.id == 4)) is None


async def test_what_was_said_is_marked_and_what_follows_is_found_in_one_transaction(store: Store) -> None:
    with store.work("$1", NOW) as work:
        work.say("coordination", HELLO)
        work.say("coordination", Message("and more", "and more"))
        work.invite("coordination", ADA.user_id)
    outbox = Outbox(store)
    first = await outbox.next("coordination", invitations=False)
    assert first
    transactions: list[object] = []
    sa.event.listen(store.engine, "begin", transactions.append)
    second = await outbox.go_on(first, "$first", NOW)
    assert second
    assert second.plain == "and more"
    assert store.under_way == {"coordination": second.txn_id}
    assert await outbox.go_on(second, "$second", NOW) is None
    assert len(transactions) == 2
    # Who is to be invited waited for that, and is carried out apart.
    assert outbox.inviting == {"coordination"}
    assert store.under_way == {}
    with store.look() as find:
        assert find.card("$first")
        assert find.card("$second")


def refuse(work: Work, *, speaks: bool) -> None:
    with work.or_nothing():
        if speaks:
            work.say("admin", HELLO)
        raise ZeroDivisionError


def test_a_refusal_that_did_nothing_needs_no_savepoint_and_another_is_undone(store: Store) -> None:
    savepoints: list[object] = []
    sa.event.listen(store.engine, "savepoint", lambda *given: savepoints.append(given))
    for cause, speaks in (("$1", False), ("$2", True)):
        with store.work(cause, NOW) as work:
            with pytest.raises(ZeroDivisionError):
                refuse(work, speaks=speaks)
            work.say("coordination", HELLO)
        assert len(savepoints) == speaks
    with store.update() as session:
        channels = session.scalars(sa.select(tables.outbox.c.channel)).all()
    assert channels == ["coordination", "coordination"]


def test_the_key_of_what_was_undone_seals_nothing_later(store: Store) -> None:
    with suppress(Refusal), store.work("$1", NOW) as work:
        work.open_case(a_case())
        raise Refusal("case/closed")
    assert not store.ring.knows("K7QF")
    with store.work("$2", NOW) as work:
        with suppress(Refusal), work.or_nothing():
            work.open_case(a_case())
            raise Refusal("case/closed")
        assert not store.ring.knows("K7QF")
        work.open_case(a_case())
    assert store.ring.knows("K7QF")

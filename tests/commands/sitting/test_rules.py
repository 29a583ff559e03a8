from datetime import timedelta

import pytest

from cases.case import Case
from cases.errors import Refusal
from commands.research import rules as research
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import Presence, RoundTable
from commands.sitting import rules
from commands.sitting.rules import Sitting, State, Turn, Why
from tests.commands.roundtable.test_rules import ADA, DIRK, FINN, HUGO, THURSDAY, planned


def sitting(*refs: str, number: int = 1) -> Sitting:
    made = Sitting(number, THURSDAY, 10, HUGO.user_id, HUGO.user_id)
    for ref in refs:
        rules.put_on(made, ref, THURSDAY)
    return made


def deserted(case: Case, of: Sitting) -> bool:
    return rules.is_deserted(case, case.all(RoundTable)[0], of)


def brought_by(agency: str | None) -> Case:
    case = planned()
    case.brought_by = agency
    return case


def test_cases_follow_each_other_and_one_that_is_taken_off_leaves_a_gap() -> None:
    it = sitting("AA22", "BB33", "CC44")
    it.slots.remove(it.slots[1])
    rules.put_on(it, "DD66", THURSDAY, 15)
    assert [(s.ref, (s.starts_at - THURSDAY) // timedelta(minutes=1)) for s in it.slots] == [
        ("AA22", 0),
        ("CC44", 20),
        ("DD66", 30),
    ]
    assert it.ends_at == THURSDAY + timedelta(minutes=45)


@pytest.mark.parametrize("turn", [Turn.WAITING, Turn.RUNNING, Turn.HELD])
def test_a_case_is_on_a_sitting_once(turn: Turn) -> None:
    it = sitting("AA22")
    it.slots[0].turn = turn
    with pytest.raises(Refusal) as refused:
        rules.put_on(it, "AA22", THURSDAY)
    assert refused.value.code == "sitting/on_already"


def test_a_sitting_takes_so_many_cases() -> None:
    it = sitting(*(f"A{number}" for number in range(rules.MOST_CASES)))
    with pytest.raises(Refusal) as refused:
        rules.put_on(it, "ZZ99", THURSDAY)
    assert refused.value.code == "sitting/full"


def test_who_brought_a_case_is_named_or_opened_it_for_an_agency_that_has_a_seat() -> None:
    case = brought_by(None)
    case.opened_by = HUGO.user_id
    assert rules.referrer(case) == "school"
    case.seats = ("police", "health")
    assert rules.referrer(case) is None
    case.brought_by = "police"
    assert rules.referrer(case) == "police"


def test_before_anybody_could_confirm_only_apologies_say_that_nobody_comes() -> None:
    case = brought_by("health")
    it = sitting(case.ref)
    assert not deserted(case, it)
    roundtable.announce(case, "M-1", Presence.APOLOGIES, by=FINN, at=THURSDAY)
    assert deserted(case, it)
    roundtable.announce(case, "M-1", Presence.ATTENDS, by=FINN, at=THURSDAY)
    assert not deserted(case, it)


def test_later_who_neither_confirmed_nor_said_that_they_come_is_not_there() -> None:
    case = brought_by("health")
    it = sitting("AA22", case.ref)
    it.slots[0].turn = Turn.HELD
    it.confirmed = (ADA.user_id, DIRK.user_id)
    assert deserted(case, it)
    it.confirmed += (FINN.user_id,)
    assert not deserted(case, it)
    roundtable.announce(case, "M-1", Presence.APOLOGIES, by=FINN, at=THURSDAY)
    assert deserted(case, it)


def test_who_chairs_or_runs_the_sitting_is_there() -> None:
    case = brought_by("school")
    it = sitting("AA22", case.ref)
    it.slots[0].turn = Turn.HELD
    assert not deserted(case, it)
    it.chair = ADA.user_id
    assert deserted(case, it)
    assert not rules.is_deserted(case, case.all(RoundTable)[0], it, (HUGO.user_id,))


def test_who_has_briefed_need_not_come() -> None:
    case = brought_by("health")
    it = sitting("AA22", case.ref)
    it.slots[0].turn = Turn.HELD
    research.ask(case, "M-1", ["health"], by=ADA, at=THURSDAY)
    assert deserted(case, it)
    research.give_back(case, "Q-1", known=False, by=FINN, at=THURSDAY)
    assert not deserted(case, it)


def test_what_was_not_heard_is_left_until_it_is_on_a_sitting_again() -> None:
    first = sitting("AA22", "BB33", "CC44", "DD66")
    for slot, turn, why in zip(
        first.slots,
        (Turn.DEFERRED, Turn.SKIPPED, Turn.HELD, Turn.NOT_REACHED),
        (Why.REFERRER, Why.CLOSED, None, None),
        strict=True,
    ):
        slot.turn, slot.why = turn, why
    assert rules.find_left([first]) == {}
    first.state = State.ENDED
    assert list(rules.find_left([first])) == ["AA22", "DD66"]
    second = sitting("AA22", number=2)
    assert list(rules.find_left([second, first])) == ["DD66"]
    second.state, second.slots[0].turn = State.NOT_HELD, Turn.NOT_REACHED
    assert rules.find_left([second, first])["AA22"] is second

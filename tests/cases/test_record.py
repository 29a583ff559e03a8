import pytest

from cases.errors import Refusal
from cases.record import Record, Step, next_id, one_of, record, require_agency
from commands.concern.rules import Concern
from tests.cases.table import ADA, FINN, NOW


def a_record(record_id: str, *, withdrawn: bool = False) -> Record:
    return Concern(record_id, ADA.user_id, "police", NOW, "bruises", withdrawn=withdrawn)


def a_step() -> Step:
    return Step(1, "concern", "C-1", ADA.user_id, "police", NOW)


def test_numbers_count_what_was_taken_back_too() -> None:
    records: list[Record] = []
    assert next_id("C", records) == "C-1"
    records.append(a_record("C-1", withdrawn=True))
    assert next_id("C", records) == "C-2"


def test_a_record_is_found_by_its_number() -> None:
    records = [a_record("C-1"), a_record("C-2")]
    assert one_of(records, "C-2") is records[1]


def test_who_asks_for_a_number_that_is_not_there_is_told_the_latest_ones() -> None:
    records = [a_record(f"C-{n}", withdrawn=n == 3) for n in range(1, 9)]
    with pytest.raises(Refusal) as refusal:
        one_of(records, "C-3")
    assert refusal.value.code == "case/no_such_record"
    known = ["C-4", "C-5", "C-6", "C-7", "C-8"]
    assert refusal.value.facts == {"id": "C-3", "kind": "concern", "known": known, "gone": True}
    with pytest.raises(Refusal) as refusal:
        one_of(records, "C-9")
    assert refusal.value.facts == {"id": "C-9", "kind": "concern", "known": known, "gone": False}


def test_a_step_knows_what_it_added() -> None:
    step, records = a_step(), list[Record]()
    step.add(records, a_record("C-1"))
    step.add(records, a_record("C-2"))
    assert (step.added, [r.id for r in records]) == (("C-1", "C-2"), ["C-1", "C-2"])


def test_a_step_remembers_the_earliest_of_the_values_that_it_changed() -> None:
    step, note = a_step(), a_record("C-1")
    step.change(note, agency="health")
    step.change(note, agency="school", by=FINN.user_id)
    assert step.before == {"C-1": {"agency": "police", "by": ADA.user_id}}


def test_what_belongs_to_one_agency_is_refused_to_another() -> None:
    with pytest.raises(Refusal) as refusal:
        require_agency("police", FINN, "request/not_yours", id="R-1")
    assert refusal.value.code == "request/not_yours"
    assert refusal.value.facts == {"agency": "police", "id": "R-1"}
    require_agency("police", ADA, "request/not_yours", id="R-1")


@pytest.mark.parametrize(("name", "letter"), [("concern", "Z"), ("other", "C")])
def test_two_kinds_share_neither_name_nor_letter(name: str, letter: str) -> None:
    with pytest.raises(RuntimeError, match="is taken"):
        record(name, letter=letter)(Concern)

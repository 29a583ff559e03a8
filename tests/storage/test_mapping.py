from cases.erasure import WORDS
from cases.minutes import Version
from cases.record import Record
from storage.crypto import SealedText
from storage.mapping import RECORDS


def test_deleting_erases_every_sealed_column_of_every_record_that_people_write() -> None:
    sealed = {
        kind: {column.name for column in table.c if isinstance(column.type, SealedText)}
        for kind, table in RECORDS.values()
        # What the bot itself drew up from the records is corrected, not deleted.
        if issubclass(kind, Record) and kind is not Version
    }
    assert {kind: set(names) for kind, names in WORDS.items()} == {
        kind: names for kind, names in sealed.items() if names
    }

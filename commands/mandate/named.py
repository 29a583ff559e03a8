"""Whom a mandate names: who signed it, and who may stand in for its agency's people."""

from datetime import datetime

from cases.errors import Refusal
from cases.people import Professional
from chat import names
from chat.arguments import names_in, plain
from chat.lookup import Lookup
from commands.mandate import standing
from commands.mandate.standing import Mandate
from storage.find import Directory, Find


def read_deputies(text: str, agency: str, directory: Directory) -> tuple[str, ...]:
    """Who is named: Matrix ids, or as typed what nobody on file is called; raises Refusal for another agency's."""
    found = (_read(plain(name), agency, directory) for name in names_in(text))
    return tuple(dict.fromkeys(found))


def _read(name: str, agency: str, directory: Directory) -> str:
    called = Lookup(directory).people(name)
    ours = [person for person in called if person.agency == agency]
    if len(ours) > 1:
        people = [{"name": person.name, "id": person.user_id} for person in ours]
        raise Refusal("reading/which_person", typed=name, people=people)
    if called and not ours:
        raise Refusal("mandate/deputy_elsewhere", deputy=called[0].user_id, agency=agency)
    return ours[0].user_id if ours else name


def read_signatory(text: str, agency: str, directory: Directory) -> str:
    """Who signed (Matrix id), if somebody of the agency is called just so; else as it was typed."""
    called = [person for person in Lookup(directory).people(text) if person.agency == agency]
    whole = [person for person in called if text == person.user_id or names.bare(text) == names.bare(person.name)]
    return whole[0].user_id if len(whole) == 1 else text


def stand_ins(find: Find, directory: Directory, person: Professional, now: datetime) -> list[str]:
    """Who may stand in for this person, as the mandate of their agency has it; none, if it has lapsed."""
    mandate = standing.mandates(find).get(person.agency)
    if mandate is None or mandate.until < now:
        return []
    known = {one: directory.known(one) for one in mandate.deputies}
    gone = [one for one, who in known.items() if who and (one not in directory.people or who.agency != person.agency)]
    return [one for one in mandate.deputies if one not in gone]


def naming(find: Find, person: str) -> list[Mandate]:
    """The mandates that name this person (Matrix id)."""
    return [mandate for mandate in standing.mandates(find).values() if mandate.names(person)]

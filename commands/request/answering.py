"""Who of an agency may answer what it is asked: an agency can leave that to some of its people, such as clinicians."""

from cases.case import AT_THE_TABLE
from cases.errors import Refusal
from cases.people import Professional
from chat.context import Context
from storage.find import Directory


def require_function(person: Professional, agency: str, ctx: Context) -> None:
    """Refuse an answer of somebody whose function is none of those that answer for their agency.

    Refusing and asking for time are everybody's there: nothing of content is in it.
    """
    functions = _functions(ctx.directory, agency)
    if functions and person.agency == agency and person.function not in functions:
        people = [one.user_id for one in who_answers(ctx.directory, agency)]
        raise Refusal("request/not_your_function", agency=agency, functions=functions, people=people)


def require_anybody(agency: str, ctx: Context) -> None:
    """Refuse a question that nobody of the agency could answer."""
    functions = _functions(ctx.directory, agency)
    if functions and not who_answers(ctx.directory, agency):
        raise Refusal("request/nobody_answers", agency=agency, functions=functions)


def who_answers(directory: Directory, agency: str) -> list[Professional]:
    """Those who may answer what an agency is asked."""
    functions = _functions(directory, agency)
    people = directory.of_agency(agency, *AT_THE_TABLE)
    return [one for one in people if not functions or one.function in functions]


def _functions(directory: Directory, agency: str) -> tuple[str, ...]:
    known = directory.agencies.get(agency)
    return known.answers if known else ()

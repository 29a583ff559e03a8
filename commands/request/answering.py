"""Who of an agency may answer what it is asked: an agency can leave that to some of its people, such as clinicians."""

from cases.case import AT_THE_TABLE
from cases.errors import Refusal
from cases.people import Professional
from chat.context import Context


def require_function(person: Professional, agency: str, ctx: Context) -> None:
    """Refuse an answer of somebody whose function is none of those that answer for their agency.

    Refusing and asking for time are everybody's there: nothing of content is in it.
    """
    functions = _functions(agency, ctx)
    if functions and person.agency == agency and person.function not in functions:
        people = [one.user_id for one in _those_who_answer(agency, ctx)]
        raise Refusal("request/not_your_function", agency=agency, functions=functions, people=people)


def require_anybody(agency: str, ctx: Context) -> None:
    """Refuse a question that nobody of the agency could answer."""
    functions = _functions(agency, ctx)
    if functions and not _those_who_answer(agency, ctx):
        raise Refusal("request/nobody_answers", agency=agency, functions=functions)


def _functions(agency: str, ctx: Context) -> tuple[str, ...]:
    known = ctx.directory.agencies.get(agency)
    return known.answers if known else ()


def _those_who_answer(agency: str, ctx: Context) -> list[Professional]:
    functions = _functions(agency, ctx)
    return [one for one in ctx.directory.of_agency(agency, *AT_THE_TABLE) if one.function in functions]

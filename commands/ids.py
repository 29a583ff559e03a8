"""The ids of records and the references of cases, as types of arguments."""

import re
from typing import Annotated

from pydantic import BeforeValidator

from chat.arguments import nouns, plain, record_id

_BETWEEN = re.compile(r"[\s,;&+]+")
_AND = frozenset({"", "AND", "EN"})
AROUND = " .,:;!*_`\"'\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb()"
"""What a phone puts around a reference."""


def _divide(typed: object) -> object:
    if not isinstance(typed, str):
        return typed
    words = (word.strip(AROUND) for word in _BETWEEN.split(plain(typed).upper()))
    return tuple(dict.fromkeys(word for word in words if word not in _AND)) or (typed,)


def _divide_references(typed: object) -> object:
    if isinstance(typed, str) and ":" in typed:
        # A key or an hour that got among them.
        raise ValueError("references")
    return _divide(typed)


References = Annotated[tuple[str, ...], BeforeValidator(_divide_references)]
"""Of several cases, apart by commas, blanks or ``and``; whether there are such cases nobody has looked up."""
ConcernId = Annotated[str, *record_id("C")]
RequestId = Annotated[str, *record_id("R")]
ActionId = Annotated[str, *record_id("A")]
DecisionId = Annotated[str, *record_id("D")]
RoundTableId = Annotated[str, *record_id("M")]
AssessmentId = Annotated[str, *record_id("S")]
ReferralId = Annotated[str, *record_id("X")]
ProposalId = Annotated[str, *record_id("AXLK", shown="A-1/X-1/L-1/K-1")]
"""What an agency accepts or declines: an action, a referral, or that something leaves the table or the case."""
DisputedId = Annotated[str, *record_id("DRAQ", shown="D-1/R-1/A-1/Q-1")]
"""What agencies can disagree on: a decision, a refusal (of a question or a check), an action that was declined."""
ResearchId = Annotated[str, *record_id("Q")]
HeldId = Annotated[str, *record_id("RQ", shown="R-1/Q-1")]
"""What an agency can hold nothing on, or not share: a question, a check of its records."""
UrgentId = Annotated[str, *record_id("U")]
OwedId = Annotated[str, *record_id("AR")]
"""What is reminded of: an action or a question."""
HandoverId = Annotated[str, *record_id("H")]
DisclosureId = Annotated[str, *record_id("L")]
LeavingId = Annotated[str, *record_id("MR")]
"""What can leave a table: the summary of minutes, or an answer."""
AdviceId = Annotated[str, *record_id("V")]
AdviceNumber = Annotated[str, *record_id("V", "V-1234", "V-1234")]
"""Of a question above the tables: not that of the record in its case."""
AnyId = Annotated[str, *record_id("".join(nouns()), "C-1")]
AnyIds = Annotated[tuple[AnyId, ...], BeforeValidator(_divide)]
"""Of several records, apart by commas, blanks or ``and``; any other word is refused."""

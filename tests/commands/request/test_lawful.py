"""On which basis, with which consent, on which ground: what a scheme says of asking and telling."""

from dataclasses import replace

import pytest

from cases.scheme import LawfulBasis, NeverAsked, Scheme
from commands.request.rules import Answer, Consent, Ground, Request, State, Use
from tests.room import Conference, Said, user

ASK = "!request health was he seen? because: the plan"
CATALOGUE = Scheme(
    bases=(LawfulBasis("consent"), LawfulBasis("public task", "a task by law", sensitive=True)),
    bases_version="2026-1",
    second_conditions=("vital interest",),
    free_basis=False,
    basis_on_answers=True,
    grounds=("professional secrecy", "other"),
    never_asked=(NeverAsked(("criminal investigation",), "This table prevents, it does not prosecute."),),
)


def under(table: Conference, scheme: Scheme) -> Conference:
    """The same house with this scheme."""
    return Conference(table.store, replace(table.house, schemes={"safety table": scheme}), _ids=table._ids)


async def asked(table: Conference, scheme: Scheme = CATALOGUE, ask: str = ASK) -> tuple[Conference, str]:
    """A case under a scheme, in which health was asked something."""
    table = under(table, scheme)
    room = await table.open_case()
    await table.say("ada", ask, room=room)
    return table, room


@pytest.mark.scenario
async def test_a_disclosure_stands_on_the_answering_agencys_own_basis(table: Conference) -> None:
    """Practice, section 5, row 6."""
    table, room = await asked(table)
    told = await table.answer("finn", "!answer R-1 kanarie", room=room)
    assert told.text == (
        "Almost: a lawful basis and the consent are missing.\n"
        "Add   basis: what allows it   consent: whether the person agreed: yes, no, or not asked because …"
        "   to the end of your message. Nothing was sent."
    )
    assert (await table.case(room)).all(Answer) == []
    said = await table.answer("finn", "!answer R-1 he was basis: Consent consent: yes", room=room)
    assert "Basis: consent\nConsent: yes\n" in said
    (given,) = (await table.case(room)).all(Answer)
    assert (given.basis, given.bases_version, given.consent) == ("consent", "2026-1", Consent.YES)


async def test_refusing_takes_no_basis(table: Conference) -> None:
    table, room = await asked(table)
    await table.answer("finn", "!refuse R-1 said in confidence ground: professional secrecy", room=room)
    assert (await table.case(room)).all(Request)[0].state is State.REFUSED


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("basis: because I may consent: yes", "That basis is not in the catalogue of this scheme. Choose one:"),
        ("basis: public task consent: no", "Almost: for sensitive data public task takes a second condition."),
        ("basis: public task condition: vital interests consent: no", "This scheme does not have that second cond"),
        ("basis: consent consent: perhaps", "Consent is yes, no, or not asked, with the reason."),
        ("basis: consent consent: not asked", "Consent is yes, no, or not asked, with the reason."),
    ],
)
async def test_what_the_scheme_does_not_know_is_sent_back(table: Conference, typed: str, told: str) -> None:
    table, room = await asked(table)
    said = await table.answer("finn", f"!answer R-1 kanarie {typed}", room=room)
    assert said.text.startswith(told)
    assert "kanarie" not in said
    assert (await table.case(room)).all(Answer) == []


async def test_the_basis_of_a_question_is_checked_and_its_version_kept(table: Conference) -> None:
    table = under(table, CATALOGUE)
    room = await table.open_case()
    told = await table.answer("ada", f"{ASK} basis: the law", room=room)
    assert "basis: public task" in told
    assert "Catalogue: 2026-1." in told
    said = await table.say("ada", f"{ASK} basis: public task condition: vital interest", room=room)
    assert "Basis: public task (vital interest) · 2026-1\n" in said[0]
    (question,) = (await table.case(room)).all(Request)
    assert (question.basis, question.condition, question.bases_version) == ("public task", "vital interest", "2026-1")


async def test_a_basis_is_worded_freely_where_the_scheme_allows_it(table: Conference) -> None:
    table, room = await asked(table, replace(CATALOGUE, free_basis=True), f"{ASK} basis: section 17")
    (question,) = (await table.case(room)).all(Request)
    assert (question.basis, question.bases_version) == ("section 17", None)


async def test_only_the_grounds_of_the_scheme_refuse_and_several_may(table: Conference) -> None:
    table, room = await asked(table)
    told = await table.answer("finn", "!refuse R-1 we hold kanarie ground: too broad", room=room)
    assert told.text.startswith("This scheme does not refuse on that ground. Its grounds are:")
    said = await table.answer("finn", "!refuse R-1 we promised that ground: professional secrecy, other", room=room)
    assert "Ground: professional secrecy, other\n" in said
    (given,) = (await table.case(room)).all(Answer)
    assert given.grounds == (Ground.PROFESSIONAL_SECRECY, Ground.OTHER)


@pytest.mark.parametrize("ground", ["too broad and not necessary", "Too broad; not necessary", "too broad, nonsense"])
async def test_several_grounds_are_typed_as_people_list_things(table: Conference, ground: str) -> None:
    table, room = await asked(table, Scheme())
    said = await table.answer("finn", f"!refuse R-1 far too much ground: {ground}", room=room)
    assert ("Ground: too broad, not necessary" in said) is ("nonsense" not in ground)


@pytest.mark.parametrize(
    "line",
    [
        "!request health what is known for the Criminal Investigation? because: the plan",
        "!request health was he seen? because: the criminal investigation needs it",
        "!narrow R-1 was he seen, for the criminal investigation?",
        "!correct R-1 criminal investigation: was he seen?",
    ],
)
@pytest.mark.scenario
async def test_what_is_never_asked_at_this_table_is_refused_with_its_reason(table: Conference, line: str) -> None:
    """Practice, section 1: the Danish profile refuses a request for criminal investigation."""
    table, room = await asked(table)
    said = await table.answer("ada", line, room=room)
    assert said.text == (
        "This is not asked for at this table. This table prevents, it does not prosecute.\nNothing was sent."
    )
    assert [r.question for r in (await table.case(room)).all(Request)] == ["was he seen?"]
    freely = under(table, replace(CATALOGUE, never_asked=()))
    assert "not asked for" not in (await freely.say("ada", line, room=room))[0]


async def test_an_answer_says_of_when_it_is_whether_it_is_fact_and_how_far_it_may_go(table: Conference) -> None:
    table, room = await asked(table, Scheme())
    said = await table.answer(
        "finn",
        "!answer R-1 he was kind: fact asof: 30 oct use: scheme consent: not asked because he is away",
        room=room,
    )
    assert "\nhe was\nfact · as of Fri 30 Oct 2026 · onward use: scheme\nConsent: not asked: he is away\n" in said
    (given,) = (await table.case(room)).all(Answer)
    assert (given.kind, given.use, given.not_asked) == ("fact", Use.SCHEME, "he is away")
    corrected = await table.answer("finn", "!correct R-1 kind: opinion", room=room)
    assert "kanarie" not in corrected
    assert (await table.case(room)).all(Answer)[0].kind == "opinion"


async def test_an_answer_for_those_who_are_named_names_them(table: Conference) -> None:
    table, _ = await asked(table, Scheme())
    said = await table.answer("finn", "!answer R-1 he was use: named", room="agency:health")
    assert "Add   see: who may see it" in said


def where(said: list[Said], words: str) -> set[str]:
    return {one.channel for one in said if words in one}


async def test_an_answer_for_one_person_reaches_that_person_alone(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", f"{ASK} see: Iris Kok", room=room)
    said = await table.say("finn", "!answer R-1 kanarie", room="agency:health")
    assert where(said, "kanarie") == {"agency:police", f"direct:{user('iris')}"}
    told = next(one for one in said if one.channel == room)
    assert "The answer is for Police, Health service, Iris Kok" in told.text.replace("\n", " ")
    corrected = await table.say("finn", "!correct R-1 KANARIE", room="agency:health", replies_to=None)
    assert not where(corrected, "KANARIE") & {room, "agency:youth"}


async def test_agencies_and_persons_are_named_together(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", f"{ASK} see: social, Iris Kok and Hugo Peters", room=room)
    assert (await table.case(room)).all(Request)[0].see == ("social", user("iris"), user("hugo"))
    refused = await table.answer("finn", "!answer R-1 kanarie see: Jack Post", room="agency:health")
    assert "is for Police, Health service, Social services, Iris Kok, Hugo Peters only" in refused
    said = await table.say("finn", "!answer R-1 kanarie see: Iris Kok, Dirk Smit", room="agency:health")
    assert where(said, "kanarie") == {"agency:police", f"direct:{user('iris')}", f"direct:{user('dirk')}"}


async def test_whoever_keeps_away_from_content_is_not_among_those_who_see_it(table: Conference) -> None:
    room = await table.open_case()
    refused = await table.answer("ada", f"{ASK} see: Bram Visser", room=room)
    assert refused.text == "Bram Visser does not read at this table, so it can’t be for them.\nNothing was sent."
    assert (await table.case(room)).all(Request) == []


async def test_an_answer_for_a_person_is_not_given_where_others_read(table: Conference) -> None:
    room = await table.open_case(agencies="police, health, youth")
    await table.say("ada", f"{ASK} see: Iris Kok", room=room)
    refused = await table.answer("finn", "!answer R-1 kanarie", room=room)
    assert "Please answer it in your agency's own room." in refused
    assert (await table.case(room)).all(Answer) == []

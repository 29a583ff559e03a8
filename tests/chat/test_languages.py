"""People choose the language of their direct chat, schemes that of their rooms; English is understood everywhere."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from cases.scheme import Scheme
from cases.verbs import VERBS
from chat import languages
from chat.languages import DOMAIN, ENGLISH, KEY, LOCALE, codes, find, language
from chat.languages import keys as keys_in
from chat.reading import keys
from commands import registry_of_all
from commands.action import rules as action
from commands.concern.rules import Basis, Concern, Domain, Urgency
from commands.reminder.jobs import remind
from commands.request import rules as request
from commands.request.rules import Ground, Request
from tests.room import Conference, user

DIRECT = f"direct:{user('hugo')}"
TRANSLATIONS = [code for code in codes() if code != ENGLISH.code]
FILLED_IN = re.compile(r"%\(\w+\)s|\{\w+\}")
SECOND_WORDS = "|".join(path.partition(" ")[2] for path in registry_of_all().commands if " " in path)
WORDS_OF_COMMANDS = re.compile(rf"![a-z]+(?: (?:{SECOND_WORDS})\b)?")


def catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def translated(code: str) -> Catalog:
    return catalogue(LOCALE / code / "LC_MESSAGES" / f"{DOMAIN}.po")


def all_of(texts: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [texts] if isinstance(texts, str) else list(texts or ())


@pytest.mark.parametrize("code", TRANSLATIONS)
def test_a_translation_has_a_place_for_every_text(code: str) -> None:
    wanted = {(m.context, m.id) for m in catalogue(LOCALE / f"{DOMAIN}.pot") if m.id}
    assert {(m.context, m.id) for m in translated(code) if m.id} == wanted, "run make catalogue"


@pytest.mark.parametrize("code", TRANSLATIONS)
def test_what_is_filled_in_and_what_is_typed_stays_as_it_is(code: str) -> None:
    pairs = [
        (one, other)
        for message in translated(code)
        for one, other in zip(all_of(message.id), all_of(message.string), strict=True)
        if message.id and other
    ]
    for pattern in (FILLED_IN, WORDS_OF_COMMANDS):
        assert [p for p in pairs if Counter(pattern.findall(p[0])) != Counter(pattern.findall(p[1]))] == []


@pytest.mark.parametrize("code", TRANSLATIONS)
def test_every_verb_of_the_journal_has_its_phrases(code: str) -> None:
    said = {message.id: message.string for message in translated(code) if message.context is None}
    assert [text for what in VERBS.values() for text in what.phrases if not said.get(text)] == []


@pytest.mark.parametrize("code", TRANSLATIONS)
def test_the_keys_of_a_command_are_different_words_in_each_language(code: str) -> None:
    for command in registry_of_all().commands.values():
        ours = keys(command.arguments)
        theirs = [language(code).key(key) for key in ours]
        assert len(set(theirs)) == len(ours), command.path
        assert all(own == key for own, key in zip(theirs, ours, strict=True) if own in ours), command.path


@pytest.mark.parametrize("code", TRANSLATIONS)
def test_the_keys_that_are_found_by_their_form_are_those_of_the_catalogue(code: str) -> None:
    words = {str(m.id): str(m.string) for m in translated(code) if m.context == KEY and m.string and not m.fuzzy}
    assert words
    assert keys_in(code) == words


def test_a_key_that_no_translator_has_looked_at_is_not_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "fi" / "LC_MESSAGES" / f"{DOMAIN}.po"
    path.parent.mkdir(parents=True)
    path.write_text(
        '#, fuzzy\nmsgctxt "key"\nmsgid "by"\nmsgstr "ennen"\n\n'
        'msgctxt "key"\nmsgid "for"\nmsgstr "kenelle"\n\n'
        'msgctxt "choice"\nmsgid "yes"\nmsgstr "joo"\n'
    )
    monkeypatch.setattr(languages, "LOCALE", tmp_path)
    assert keys_in("fi") == {"for": "kenelle"}


def test_a_language_goes_by_its_code_and_by_its_own_name() -> None:
    assert [found and found.code for found in map(find, ("NL", "nl-BE", "Nederlands", "english"))] == ["nl"] * 3 + [
        "en"
    ]
    assert [find(typed) for typed in ("xx", "", "../nl")] == [None] * 3
    # As when somebody chose a language that a later release has no more.
    assert language("xx") is ENGLISH


def test_what_has_no_translation_is_said_in_english() -> None:
    assert language("nl").text("no such text") == "no such text"
    assert language("nl").text("") == ""


async def test_a_person_chooses_a_language_for_the_direct_chat(table: Conference) -> None:
    said = await table.answer("hugo", "!language nl", room=DIRECT)
    assert said.text.splitlines()[:3] == [
        "Je tijdzone: Europe/Amsterdam",
        "Je stille uren: 19:00-08:00 (zoals gewoonlijk)",
        "Je taal: Nederlands",
    ]
    assert "Dat woord ken ik niet." in await table.answer("hugo", "xyzzy", room=DIRECT)
    listed = await table.answer("hugo", "help", room=DIRECT)
    assert listed.text.startswith("Wat je hier kunt doen\n")
    assert "\n!help mij – taken, instellingen\n" in listed
    opened = await table.answer("hugo", "help mij", room=DIRECT)
    assert "\nKies je taal\n   !language nl\n" in opened
    # The rooms, and everybody else, hear English.
    room = await table.open_case()
    assert "Nothing in" in await table.answer("hugo", "!next", room=room)
    assert "Your time zone" in await table.answer("finn", "settings", room=f"direct:{user('finn')}")
    said = await table.answer("hugo", "language default", room=DIRECT)
    assert said.text.splitlines()[2] == "Your language: English"


async def test_a_language_that_i_do_not_speak_changes_nothing(table: Conference) -> None:
    said = await table.answer("hugo", "language Klingon", room=DIRECT)
    assert said.text == (
        "I don’t speak that language yet. I speak:\n"
        "English: type  language en\n"
        "Nederlands: type  language nl\n"
        "Nothing was changed."
    )
    assert "Your language: English" in await table.answer("hugo", "settings", room=DIRECT)


async def test_reminders_in_the_direct_chat_come_in_ones_own_language(table: Conference) -> None:
    await table.say("hugo", "language nl", room=DIRECT)
    rooms = [await table.open_case(), await table.open_case()]
    for room in rooms:
        await table.say("ada", "!request school was Sem there? because: w by: thu 12:00", room=room)
    table.now = datetime(2026, 11, 3, 8, tzinfo=UTC)
    remind(table.sweeps.begin())
    said = {s.channel: s.text for s in await table.deliver()}
    refs = sorted(room.partition(":")[2] for room in rooms)
    lines = [f"{ref}: R-1 uiterlijk do 5 nov 2026" for ref in refs]
    assert said[DIRECT].splitlines() == ["2 punten hebben je nodig", *lines]
    assert all(said[room].startswith("1 item needs you in") for room in rooms)


async def test_a_direct_chat_tells_dates_in_ones_own_zone(table: Conference) -> None:
    await table.say("hugo", "zone Europe/Helsinki", room=DIRECT)
    room = await table.open_case()
    await table.say("ada", "!request school was Sem there? because: w by: thu 12:00", room=room)
    said = await table.answer("hugo", "snooze R-1 until wed 10:00", room=DIRECT)
    assert "I remind you again on Wed 4 Nov 2026, 10:00 Europe/Helsinki." in said


async def test_the_keys_of_ones_language_work_beside_the_english_ones(table: Conference) -> None:
    room = await table.open_case()
    # A long one is no English word: it is understood from everybody.
    text = "!request police was hij thuis? omdat: het plan by: fri 12:00"
    await table.say("hugo", "!concern hij was er niet bron: school", room=room)
    (concern,) = (await table.case(room)).all(Concern)
    assert concern.source is None
    await table.say("hugo", "!undo", room=room)
    await table.say("hugo", text, room=room)
    await table.say("hugo", "language nl", room=DIRECT)
    (asked,) = (await table.case(room)).all(Request)
    assert (asked.question, asked.because) == ("was hij thuis?", "het plan")
    await table.say("hugo", "!concern hij was er niet soort: feit leefgebied: thuis bron: school", room=room)
    *_, concern = (await table.case(room)).all(Concern)
    assert concern.source == "school"
    assert (concern.kind, concern.domain) == ("fact", "home")
    assert "“because:” stands there twice" in await table.answer(
        "hugo", "!request police x omdat: a because: b", room=room
    )


async def test_a_scheme_has_a_language(table: Conference) -> None:
    schemes = {"safety table": Scheme(language="nl")}
    table = Conference(table.store, replace(table.house, schemes=schemes), table.now)
    room = await table.open_case()
    assert next(s for s in table.heard if s.channel == room).text.splitlines()[1] == (
        "Waarom: not seen at school for weeks"
    )
    said = await table.answer("ada", "!request school was Sem er? uiterlijk: thu 12:00", room=room)
    assert said.text == (
        "Bijna: een reden ontbreekt.\n"
        "Zet   omdat: waarom je het nodig hebt   aan het eind van je bericht. Er is niets verstuurd."
    )
    explained = (await table.answer("ada", "!help concern", room=room)).text.splitlines()
    assert explained[0] == "!concern – Meld een zorg, zodat de tafel het hoort."
    assert explained[1].startswith("!concern WAT JE OPMERKTE [soort: feit|mening] [gezien: DATUM] [bron: BRON]")
    assert explained[3] == "soort: feit of mening (feit, mening)"
    refused = await table.answer("ada", "!concern x soort: gevoel", room=room)
    assert refused.text.splitlines()[:2] == ["Dat is geen van de keuzes voor soort.", "Kies er een: feit · mening"]
    past = await table.answer("ada", "!request school x omdat: y by: 1 nov 2026", room=room)
    assert past.text.startswith("“1 nov 2026” is al voorbij: zo 1 nov 2026, 17:00 Europe/Amsterdam.")
    # The choice of a person counts for the direct chat only.
    await table.say("hugo", "language en", room=DIRECT)
    assert "Your language: English" in await table.answer("hugo", "settings", room=DIRECT)
    assert "In " in await table.answer("hugo", "!next", room=room)
    said = await table.answer("finn", "settings", room=f"direct:{user('finn')}")
    assert "Je taal: Nederlands" in said


async def test_states_and_choices_are_shown_in_the_language_of_the_room(table: Conference) -> None:
    schemes = {"safety table": Scheme(language="nl")}
    table = Conference(table.store, replace(table.house, schemes=schemes), table.now)
    room = await table.open_case()

    async def shown(who: str, text: str) -> list[str]:
        return (await table.answer(who, text, room=room)).text.splitlines()

    raised = await shown("ada", "!concern hij slaapt slecht urgency: urgent domain: health kind: fact")
    assert raised[0].endswith(" · dringend")
    assert raised[2:] == ["Leefgebied: gezondheid", "Aangemerkt als: feit"]
    assert "Aangemerkt als: mening" in await shown("ada", "!correct C-1 kind: opinion")
    for whom in ("police", "school", "health"):
        await table.say("dirk", f"!request {whom} gezien? because: het plan by: fri 12:00", room=room)
    refused = await table.say("ada", "!refuse R-1 in vertrouwen gezegd ground: professional secrecy", room=room)
    assert refused[0].text.splitlines()[0].endswith("Police: geweigerd")
    assert "Grond: beroepsgeheim" in refused[0]
    await table.say("hugo", "!nothing R-2", room=room)
    settled = await table.answer("hugo", "!nothing R-2", room=room)
    assert settled.text.startswith("R-2 is klaar: niets bekend. ")
    await table.say("dirk", "!action bellen for: social by: 20 nov", room=room)
    await table.say("dirk", "!done A-1 gebeld", room=room)
    ended = await table.answer("dirk", "!done A-1 gebeld", room=room)
    assert ended.text.startswith("A-1 is al afgelopen: gedaan. ")
    status = await shown("ada", "!status")
    assert next(line for line in status if line.startswith("1 van 7 leefgebieden: "))
    assert "Vragen: 1 geweigerd, 1 niets bekend, 1 open" in status
    assert "Acties: 1 gedaan" in status
    assert any(line.endswith("R-1: geweigerd") for line in await shown("ada", "!timeline"))


def test_every_state_and_choice_that_is_shown_has_a_translation() -> None:
    shown = [(language("nl").choice, word) for word in (*Urgency, *Domain, *Basis, *Ground)]
    shown += [(language("nl").state, word) for word in (*request.State, *action.State)]
    same = {"open", "school", "online"}
    assert [word for translate, word in shown if translate(word) == word and word not in same] == []

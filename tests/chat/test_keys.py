import pytest

from chat.keys import ORDINARY, SAID_FOR, Stray, find_stray
from chat.languages import ENGLISH, Language, language
from chat.reading import keys
from commands import registry_of_all

REGISTRY = registry_of_all()
VOCABULARY = REGISTRY.keys()
DUTCH = language("nl")


def stray(path: str, text: str, *spoken: Language) -> Stray | None:
    spoken = spoken or (ENGLISH,)
    mine = keys(REGISTRY.commands[path].arguments)
    own = {one.key(key): key for one in spoken for key in mine} | {key: key for key in mine}
    return find_stray(text, own, VOCABULARY, spoken)


@pytest.mark.parametrize(
    "text",
    [
        "call at 10: ask for her",
        "mother: she said that he slept",
        "Mother said: he slept",
        "NB: he has the flu",
        "note: this was said in confidence",
        "action: none so far",
        "Decision: wait",
        "see http://by.example/see:x",
        "https://because.example: broken",
        "by://x",
        "10:30 at the gate, until 11:00",
        "until Friday 10:30",
        "R-1: yes; A-2: no",
        "@see:example.org knows him",
        "ask @finn:example.org",
        "a stand-by: nobody",
        "the passer-by: an old man",
        "you will see :) soon",
        "you will see :D",
        "we saw him there: he was fine",
        "Tom: 12 years old, Anna: 14",
        "his brother: detained",
        "the family: mother, father, two girls",
        "Police: two call-outs",
        "phone: 06-12345678",
        "quote: “I hate it”",
        "he said: 'leave me'",
        "two things: he was late, and wet",
        "in short: nothing",
        "at worst: he runs away",
        "one minute: he was gone",
        "a long chain: gang, debts, theft",
        "result: good",
        "update: he was seen",
        "PS: thank you",
        "Re: your question",
        "attendance: 31 of 45 days",
        "the school wrote: he is ill",
        "group: the older boys",
        "friend: Sam",
        "the others: unknown",
        "a person: unknown",
        "address: not known",
        "contact: the neighbour",
        "risk: high",
        "plan: sleep at his aunt's",
        "working: he never misses the gym",
        "ratio 3:1 by the way",
        "reason enough to wait",
        "because he was ill: we waited",
        "see you there",
        "for example, he",
        "x\u200d: y",
        "on Monday: nothing. On Tuesday: nothing.",
        "met: the boys he met: Tom, Sam",
        "over: game over: he lost",
        "the chat is about 'bron' - doel: unknown",
    ],
)
def test_a_word_that_nears_no_key_stays_text(text: str) -> None:
    for path in ("answer", "concern", "done", "note:", "apologies:"):
        assert stray(path, text) is None, path


@pytest.mark.parametrize(
    "text",
    [
        "moeder: hij slaapt slecht",
        "gezin: moeder, vader, twee zusjes",
        "sport: hij voetbalt",
        "let op: hij heeft griep",
        "om 10: bel haar",
        "school: 31 van de 45 dagen",
        "hij zei: laat me",
        "twee dingen: te laat, en nat",
        "afspraak: vrijdag 15:30",
        "politie: twee meldingen",
        "kortom: niets",
        "inzake: zijn broer",
        "vriend: Sam",
        "groep: de oudere jongens",
        "organisatie: onbekend",
        "schema: maandag en vrijdag",
    ],
)
def test_a_dutch_word_that_nears_no_key_stays_text(text: str) -> None:
    for path in ("answer", "concern", "note:"):
        assert stray(path, text, DUTCH, ENGLISH) is None, path
        assert stray(path, text) is None, path


@pytest.mark.parametrize(
    ("path", "text", "typed", "meant"),
    [
        ("nothing", "R-1 SECRET since May see: social", "see", None),
        ("request", "any? because: x until: fri", "until", "by"),
        ("request", "any? because: x deadline: fri", "deadline", "by"),
        ("request", "any? because: x before: fri", "before", "by"),
        ("request", "any? because: x due: fri", "due", "by"),
        ("request", "any? reason: the plan", "reason", "because"),
        ("request", "any? Reasons: the plan", "reasons", "because"),
        ("request", "any? why: the plan", "why", "because"),
        ("request", "any? becuase: the plan", "becuase", "because"),
        ("request", "any? because: x visible: social", "visible", "see"),
        ("action", "visit for: social by: fri together: health", "together", "with"),
        ("action", "visit owner: social by: fri", "owner", "for"),
        ("action", "visit for: social untill: fri", "untill", "by"),
        ("action", "visit for: social by: fri withheld: x", "withheld", None),
        ("case release", "K7QF Ada because: x until: 1 dec", "until", None),
        ("case open", "reason: x goal: y agencies: police", "reason", "why"),
        ("case open", "why: x goal: y agncies: police", "agncies", "agencies"),
        ("case open", "why: x goal: y agencies: police directer: Ada", "directer", "director"),
        ("refuse", "R-1 secret talk grounds: professional secrecy", "grounds", "ground"),
        ("refuse", "R-1 secret talk gruond: professional secrecy", "gruond", "ground"),
        ("refuse", "R-1 secret talk ground: other alternative: ask him", "alternative", "instead"),
        ("partly", "R-1 some witheld: medical", "witheld", "withheld"),
        ("concern", "not at school sources: the teacher", "sources", "source"),
        ("concern", "not at school priority: soon", "priority", "urgency"),
        ("concern", "not at school\nby: fri", "by", None),
        ("roundtable", "fri 15:00 place: town hall", "place", "where"),
        ("roundtable", "fri 15:00 topic: school", "topic", "about"),
        ("roundtable", "fri 15:00 length: 60m", "length", "for"),
        ("decide", "he returns reason: it worked", "reason", "because"),
        ("done", "A-1 visited with: health", "with", None),
        ("done", "A-1 visited see:social", "see", None),
        ("done", "A-1 visited (see: social)", "see", None),
        ("done", "A-1 visited,see: social", "see", None),
        ("done", "A-1 visited see : social", "see", None),
        ("done", "A-1 visited SEE\uff1a social", "see", None),
        ("done", "A-1 visited \u200fsee: social", "see", None),
        ("request", "any? because: x (see: social)", "see", "see"),
        ("request", "any? because: x see   : social", "see", "see"),
        ("moretime", "R-1 fri because: x ,by: mon", "by", None),
        ("close", "reason: done owner: police", "reason", "because"),
        ("done", "A-1 bezocht inzage: social", "inzage", None),
        ("request", "any? reden : het plan", "reden", "because"),
    ],
)
def test_another_commands_key_is_asked_about(path: str, text: str, typed: str, meant: str | None) -> None:
    assert stray(path, text) == Stray(typed, meant)


@pytest.mark.parametrize(
    ("path", "text", "typed", "meant"),
    [
        ("request", "iets? reden: het plan", "reden", "because"),
        ("request", "iets? omdat: x tot: vr", "tot", "by"),
        ("request", "iets? omdta: x", "omdta", "because"),
        ("action", "bezoek voor: social uiterlijk: vr samen: health", "samen", "with"),
        ("roundtable", "vr 15:00 plek: school", "plek", "where"),
        ("answer", "ja doel: rust", "doel", None),
    ],
)
def test_a_key_of_a_language_that_is_spoken_here_is_asked_about(path: str, text: str, typed: str, meant: str) -> None:
    assert stray(path, text, DUTCH, ENGLISH) == Stray(typed, meant)


def test_the_commands_own_keys_are_none_of_anothers() -> None:
    for path, command in REGISTRY.commands.items():
        for key in keys(command.arguments):
            assert stray(path, f"x {key}: y {DUTCH.key(key)}: z", DUTCH, ENGLISH) is None
            assert stray(path, f"x {key} : y") is None


def test_what_people_say_for_a_key_is_said_for_one_that_there_is() -> None:
    known = {key for command in registry_of_all().commands.values() for key in keys(command.arguments)}
    assert {key for words in SAID_FOR.values() for key in words} <= known
    assert not ORDINARY & {word for words in SAID_FOR.values() for said in words.values() for word in said}
    assert not ORDINARY & VOCABULARY

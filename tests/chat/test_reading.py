# lines: one way from a raw line to arguments, case by case, over the models at its head

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from cases.errors import Refusal
from cases.people import Addressee
from chat.arguments import (
    NAME,
    REST,
    WORD,
    Agencies,
    AgencyName,
    Arguments,
    Minutes,
    PastWhen,
    PersonId,
    ReadingContext,
    Rest,
    RestWhen,
    ShortText,
    Text,
    To,
    When,
    Whom,
    plain,
)
from chat.reading import addressed, keys, normalise, read, suggest, take_fields, usage
from commands.ids import AnyId, RequestId, RoundTableId


class Kind(StrEnum):
    FACT = "fact"
    OPINION = "opinion"


class Ground(StrEnum):
    SECRECY = "professional secrecy"
    BASIS = "no lawful basis"
    BROAD = "too broad"
    OTHER = "other"


class Ask(Arguments):
    """Ask an agency or a person.

    More about it.
    """

    to: To = Field(title="AGENCY-or-PERSON", description="whom you ask")
    question: Rest = Field(title="a question", description="what you need to know")
    because: Text = Field(title="a reason", description="why you need it")
    by: When | None = Field(None, title="date", description="when you need it")
    see: Agencies = Field((), title="agencies", description="who may see the answer")


class Do(Arguments):
    """Propose an action."""

    outcome: Rest = Field(title="an outcome", description="what will be different")
    for_: Whom = Field(title="an owner", description="who does it")
    with_: AgencyName | None = Field(None, title="agency", description="who helps")


class Answer(Arguments):
    """Answer."""

    id: RequestId = Field(title="R-1", description="which question")
    text: Rest | None = Field(None, title="remark")
    ground: Ground | None = Field(None, title="a ground", description="the ground")


class Note(Arguments):
    """Note something."""

    about: Rest
    kind: Kind | None = None
    seen: PastWhen | None = None
    source: ShortText | None = None
    score: int | None = Field(None, description="0 to 10")


class Meet(Arguments):
    """Meet."""

    id: RoundTableId | None = None
    when: RestWhen = Field(title="a date", description="when")
    for_: Minutes = 60
    chair: PersonId | None = None


class Grade(Arguments):
    """Grade."""

    kind: Annotated[Kind, WORD]
    agency: Annotated[AgencyName, NAME]
    who: Annotated[PersonId, REST]


class Fix(Arguments):
    """Correct any record."""

    id: AnyId
    text: Rest


class Show(Arguments):
    """Show."""


@dataclass
class Anna:
    user_id: str
    name: str
    agency: str


PEOPLE = [
    Anna("@berg:here", "Anna Berg", "police"),
    Anna("@kok:here", "Anna Kok", "social"),
    Anna("@lee:here", "Sam Lee", "school"),
]
AGENCIES = {"police": "Police", "social": "Social services", "school": "School"}


class Directory:
    def agency(self, text: str) -> str | None:
        wanted = text.casefold().removeprefix("@")
        return next((short for short, name in AGENCIES.items() if wanted in {short, name.casefold()}), None)

    def agencies(self) -> list[str]:
        return list(AGENCIES)

    def people(self, text: str) -> list[Anna]:
        return [
            p for p in PEOPLE if text == p.user_id or text.casefold() in {p.name.casefold(), p.name.split()[0].lower()}
        ]

    def names(self) -> list[str]:
        return [*AGENCIES, *AGENCIES.values(), *(p.name for p in PEOPLE)]


AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2026, 11, 23, 12, 39, tzinfo=UTC)


def context(card: str | None = None, mentions: tuple[str, ...] = ()) -> ReadingContext:
    return ReadingContext(NOW, AMSTERDAM, Directory(), mentions, card, example="!example")


def values(
    arguments: type[Arguments], rest: str, card: str | None = None, mentions: tuple[str, ...] = ()
) -> dict[str, object]:
    return dict(read(arguments, rest, context(card, mentions)))


def refused(
    arguments: type[Arguments], rest: str, card: str | None = None, mentions: tuple[str, ...] = ()
) -> tuple[str, dict[str, Any]]:
    with pytest.raises(Refusal) as refusal:
        read(arguments, rest, context(card, mentions))
    return refusal.value.code, refusal.value.facts


def heard(body: str, *, direct: bool = False, card: bool = False, mentioned: bool | None = None) -> str | None:
    return addressed(
        body,
        bot_id="@bot:example.org",
        bot_name="Roundtable",
        is_direct=direct,
        is_reply_to_card=card,
        is_mentioned=mentioned,
    )


# What is meant for the bot


@pytest.mark.parametrize(
    "body",
    [
        "!concern x",
        "/concern x",
        "//concern x",
        "\uff01concern x",
        "  !concern x ",
        "!con\u200dcern x",
        "\u200f!concern x",
        " \u200e\u061c!concern x",
        "@bot concern x",
        "@BOT: concern x",
        "@bot:example.org concern x",
        "@bot:example.org: !concern x",
        "bot: concern x",
        "Roundtable: concern x",
        "roundtable, concern x",
        "@Roundtable concern x",
        "Roundtable !concern x",
        "Roundtable:\u00a0concern x",
        "> <@bot:example.org> a card\n> of two lines\n\n!concern x",
    ],
)
def test_a_prefix_or_a_mention_makes_a_command(body: str) -> None:
    assert heard(body, mentioned=False) == "concern x"


@pytest.mark.parametrize(
    "body",
    [
        "concern x",
        "!",
        "!!!",
        "! hello",
        "/ 2",
        "",
        "Roundtables are fine",
        "see @bot concern",
        "hi!concern",
        "@bot 2 pm",
    ],
)
def test_ordinary_talk_is_left_alone(body: str) -> None:
    assert heard(body) is None


def test_a_bare_name_is_an_address_only_as_a_mention() -> None:
    assert heard("Roundtable is at three", mentioned=False) is None
    assert heard("Roundtable status", mentioned=True) == "status"
    assert heard("Roundtable status") == "status"


def test_a_mention_alone_asks_for_help() -> None:
    assert heard("@bot") == "help"


def test_a_direct_chat_and_a_reply_to_a_card_need_no_prefix() -> None:
    assert heard("mine", direct=True) == "mine"
    assert heard("> <@bot:example.org> card\n\ndone he came", card=True) == "done he came"
    assert heard("!mine", direct=True) == "mine"
    assert heard("👍", card=True) is None


def test_line_breaks_of_a_command_survive() -> None:
    assert heard("!concern\nfirst\r\nsecond") == "concern\nfirst\nsecond"


@given(st.text(), st.booleans(), st.booleans())
def test_no_text_breaks_the_first_look(body: str, direct: bool, card: bool) -> None:
    text = heard(body, direct=direct, card=card)

    assert text is None or text[0].isalpha() or (card and text[0].isdigit())


# What disguises a text is taken out


def test_controls_and_overrides_go_and_letters_stay() -> None:
    assert normalise("a\x00b\u202ec\u2066d\x9b\ud800") == "abcd"
    assert normalise("a\u00a0b\u3000c\r\nd\u2028e\tf") == "a b c\nd\ne\tf"
    assert normalise("e\u0301 “quoted” שלום 👩\u200d👧") == "é “quoted” שלום 👩\u200d👧"


@given(st.text())
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


# Fields

KEYS = ("because", "by", "for", "see")


def test_fields_stand_at_the_end_in_any_order() -> None:
    assert take_fields("any calls? by: fri because: we plan", KEYS) == (
        "any calls?",
        {"by": "fri", "because": "we plan"},
    )


@pytest.mark.parametrize(
    "typed",
    [
        "x because: y",
        "x because:y",
        "x because : y",
        "x BECAUSE: y",
        "x\nbecause:\ny",
        "x because\uff1a y",
        "x \u200fbecause: y",
    ],
)
def test_a_key_may_be_typed_in_several_ways(typed: str) -> None:
    assert take_fields(typed, KEYS)[1] == {"because": "y"}


@pytest.mark.parametrize(
    "text", ["call at 10: ask for her", "see http://by.example/see:x", "nearby: x", "by the way", "see://x", "by  : x"]
)
def test_what_is_no_key_of_the_command_stays_text(text: str) -> None:
    assert take_fields(text, KEYS) == (text, {})


def test_a_command_without_keys_has_only_text() -> None:
    assert take_fields(" because: x ", ()) == ("because: x", {})


def test_a_field_may_come_first() -> None:
    assert take_fields("because: y", KEYS) == ("", {"because": "y"})


def test_a_key_that_stands_there_twice_is_refused() -> None:
    with pytest.raises(Refusal) as refusal:
        take_fields("x by: fri BY: mon", KEYS)

    assert (refusal.value.code, refusal.value.facts) == ("reading/twice", {"key": "by"})


TEXTS = st.text(alphabet=st.characters(exclude_characters=":\uff1a"))


@given(TEXTS)
def test_a_text_without_keys_survives(text: str) -> None:
    assert take_fields(text, KEYS) == (text.strip(), {})


@given(TEXTS, st.permutations(KEYS), st.lists(TEXTS, min_size=4, max_size=4))
def test_fields_come_back_as_they_were_typed(text: str, order: list[str], typed: list[str]) -> None:
    line = " ".join([text, *(f"{key}: {value}" for key, value in zip(order, typed, strict=True))])

    fields = {key: value.strip() for key, value in zip(order, typed, strict=True)}
    assert take_fields(line, KEYS) == (text.strip(), fields)


@given(
    st.lists(st.sampled_from(["by:", "by :", "see:", "for: ", " ", "\n", "x", "by", ":", "http://", "\u200f"])).map(
        "".join
    )
)
def test_no_character_is_lost_but_blanks_and_keys_with_nothing_behind_them(line: str) -> None:
    try:
        text, fields = take_fields(line, KEYS)
    except Refusal as refusal:
        assert refusal.code == "reading/twice"  # noqa: PT017 - one of two right outcomes
    else:
        typed = re.findall(r"(?<![^\s\u200c-\u200f])(?:by|see|for) ?:(?!//)", line)
        empty = len(typed) - len(fields)
        again = text + "".join(f"{key}:{value}" for key, value in fields.items())
        lost = len(re.sub(r"\s", "", line)) - len(re.sub(r"\s", "", again))
        # What is typed again may have been left empty before: those keys are all that is lost.
        assert len("by:") * empty <= lost <= len("see:") * empty
        assert empty or re.sub(r"\s", "", again) == re.sub(r"\s", "", line)


def test_a_key_that_was_left_empty_and_typed_again_is_one() -> None:
    assert take_fields("who knows him? because: because: the plan", ("because",)) == (
        "who knows him?",
        {"because": "the plan"},
    )


# Arguments


def test_a_whole_command_is_read() -> None:
    text = "Social services: “any calls”\nsince May? because: we plan by: fri 15:00"
    typed = f"{text} see: police, Social services and school"

    assert values(Ask, typed) == {
        "to": Addressee("social"),
        "question": "“any calls”\nsince May?",
        "because": "we plan",
        "by": datetime(2026, 11, 27, 14, tzinfo=UTC),
        "see": ("police", "social", "school"),
    }


def test_a_python_word_is_a_key_without_its_underscore() -> None:
    assert values(Do, "he is seen for: police with: @school") == {
        "outcome": "he is seen",
        "for_": Addressee("police"),
        "with_": "school",
    }


@pytest.mark.parametrize(
    ("typed", "to"),
    [
        ("police", Addressee("police")),
        ("@Police,", Addressee("police")),
        ("Sam Lee:", Addressee("school", "@lee:here")),
        ("anna kok", Addressee("social", "@kok:here")),
        ("@berg:here", Addressee("police", "@berg:here")),
        ("Sam", Addressee("school", "@lee:here")),
    ],
)
def test_an_addressee_is_an_agency_or_a_person(typed: str, to: Addressee) -> None:
    assert values(Ask, f"{typed} any calls? because: x")["to"] == to


def test_two_people_of_one_name_are_asked_about() -> None:
    code, facts = refused(Ask, "Anna any calls? because: x")

    assert code == "reading/which_person"
    assert facts["people"] == [{"name": "Anna Berg", "id": "@berg:here"}, {"name": "Anna Kok", "id": "@kok:here"}]


def test_a_mention_tells_two_people_of_one_name_apart() -> None:
    assert values(Ask, "Anna any? because: x", mentions=("@kok:here",))["to"] == Addressee("social", "@kok:here")


def test_a_stranger_is_refused_with_the_agencies_there_are() -> None:
    assert refused(Ask, "zorro any? because: x") == (
        "reading/nobody",
        {"agencies": ["police", "social", "school"]},
    )


def test_an_unknown_agency_is_refused_with_those_there_are() -> None:
    facts = {"agencies": ["police", "social", "school"]}

    assert refused(Do, "x for: police with: fire") == ("reading/agency", facts)
    assert refused(Ask, "police any? because: x see: police fire") == ("reading/agency", facts)


def test_a_missing_field_is_named_with_the_line_to_add() -> None:
    assert refused(Ask, "police any calls?") == (
        "reading/missing",
        {
            "field": "because",
            "hint": "because: why you need it",
            "missing": [{"label": "a reason", "hint": "because: why you need it", "key": "because", "choices": []}],
            "example": "!example",
        },
    )


def test_everything_that_is_missing_is_named_at_once() -> None:
    assert [entry["label"] for entry in refused(Ask, "")[1]["missing"]] == [
        "AGENCY-or-PERSON",
        "a question",
        "a reason",
    ]
    assert [entry["key"] for entry in refused(Do, "")[1]["missing"]] == ["outcome", "for"]


def test_a_key_without_a_value_is_missing_too() -> None:
    assert refused(Ask, "police any? because: x by:")[1]["field"] == "by"
    assert refused(Note, "x kind:")[1]["missing"] == [
        {"label": "kind", "hint": "kind: fact|opinion", "key": "kind", "choices": []}
    ]


@pytest.mark.parametrize("typed", ["r1", "R1", "R-1", "r-01", "R\u20111", "R-1:"])
def test_an_id_may_be_typed_in_several_ways(typed: str) -> None:
    assert values(Answer, f"{typed} two calls")["id"] == "R-1"


@given(st.sampled_from("RrCAM"), st.sampled_from(["", "-", "–"]), st.integers(1, 10**9 - 1))
def test_an_id_read_again_is_the_same(letter: str, dash: str, number: int) -> None:
    once = values(Fix, f"{letter}{dash}{number} x")["id"]

    assert values(Fix, f"{once} x")["id"] == once == f"{letter.upper()}-{number}"


def test_a_card_gives_the_id_and_a_typed_id_wins() -> None:
    assert values(Answer, "two calls", card="R-3") == {"id": "R-3", "text": "two calls", "ground": None}
    assert values(Answer, "R-4 two calls", card="R-3")["id"] == "R-4"


@pytest.mark.parametrize("card", [None, "A-3"])
def test_without_an_id_it_is_asked_for(card: str | None) -> None:
    code, facts = refused(Answer, "two calls", card=card)

    assert (code, facts["hint"]) == ("reading/missing", "which request? e.g. R-1")


def test_the_id_of_another_kind_is_refused() -> None:
    assert refused(Answer, "A-1 x") == ("reading/wrong_kind", {"typed": "A-1", "wanted": "request", "example": "R-1"})


def test_an_optional_id_is_left_out() -> None:
    assert values(Meet, "fri 15:00 for: 1h30 chair: Sam") == {
        "id": None,
        "when": datetime(2026, 11, 27, 14, tzinfo=UTC),
        "for_": 90,
        "chair": "@lee:here",
    }
    assert values(Meet, "M-2 fri")["id"] == "M-2"


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [("60m", 60), ("90 min", 90), ("45", 45), ("1h30", 90), ("1h", 60), ("2 hours", 120), ("1:15", 75)],
)
def test_a_length_may_be_typed_in_several_ways(typed: str, minutes: int) -> None:
    assert values(Meet, f"fri for: {typed}")["for_"] == minutes


@pytest.mark.parametrize("typed", ["long", "0", "99 hours"])
def test_what_is_no_length_is_refused(typed: str) -> None:
    assert refused(Meet, f"fri for: {typed}")[0] == "reading/minutes"


def test_a_choice_is_read_whatever_its_case() -> None:
    assert values(Note, "x kind: FACT")["kind"] is Kind.FACT
    assert values(Answer, "R-1 ground: Professional  secrecy")["ground"] is Ground.SECRECY


def test_an_unknown_choice_gets_the_choices_and_the_nearest() -> None:
    assert refused(Note, "x kind: fakt") == (
        "reading/choice",
        {"key": "kind", "choices": ["fact", "opinion"], "suggestion": "fact"},
    )


def test_positional_words_choices_and_people() -> None:
    assert values(Grade, "fact Social services Sam Lee") == {"kind": Kind.FACT, "agency": "social", "who": "@lee:here"}


def test_what_is_left_over_is_refused() -> None:
    assert refused(Show, "me everything") == ("reading/too_much", {"keys": [], "example": "!example"})


def test_a_text_that_is_too_long_is_refused_without_its_words() -> None:
    assert refused(Note, "x" * 8001) == ("reading/too_long", {"key": "about", "limit": 8000, "length": 8001})
    assert refused(Note, "x source: " + "y" * 301)[1] == {"key": "source", "limit": 300, "length": 301}


def test_another_invalid_value_is_refused_by_its_key() -> None:
    assert refused(Note, "x score: many") == (
        "reading/invalid",
        {"key": "score", "hint": "0 to 10", "example": "!example"},
    )


def test_dates_behind_keys_look_their_own_way() -> None:
    assert values(Note, "x seen: fri")["seen"] == datetime(2026, 11, 20, 16, tzinfo=UTC)
    assert refused(Note, "x seen: tomorrow")[0] == "when/ahead"


def test_code_passes_values_as_they_are() -> None:
    asked = Ask(to=Addressee("police"), question="any?", because="x", by=NOW)

    assert (asked.to, asked.by) == (Addressee("police"), NOW)


def test_arguments_show_nothing_of_their_content() -> None:
    assert "secret" not in repr(read(Note, "secret", context())) + str(read(Note, "secret", context()))


@given(st.text().filter(lambda text: ":" not in text and "\uff1a" not in text))
def test_free_text_is_never_quoted_or_escaped(text: str) -> None:
    meant = normalise(text).strip()

    if meant:
        assert values(Note, text)["about"] == meant
    else:
        assert refused(Note, text)[0] == "reading/missing"


@given(st.text(), st.sampled_from([Ask, Do, Answer, Note, Meet, Grade, Fix, Show]))
def test_whatever_is_typed_is_read_or_refused(text: str, arguments: type[Arguments]) -> None:
    try:
        made = read(arguments, text, context())
    except Refusal as refusal:
        assert refusal.code.partition("/")[0] in {"reading", "when"}  # noqa: PT017 - one of two right outcomes
    else:
        assert isinstance(made, arguments)


# Help


def test_usage_and_keys_come_from_the_arguments() -> None:
    assert usage("request", Ask) == "!request AGENCY-or-PERSON QUESTION because: REASON [by: DATE] [see: AGENCIES]"
    assert usage("action", Do) == "!action OUTCOME for: OWNER [with: AGENCY]"
    assert usage("answer", Answer) == "!answer R-1 [REMARK] [ground: GROUND]"
    assert usage("note", Note) == "!note ABOUT [kind: fact|opinion] [seen: SEEN] [source: SOURCE] [score: SCORE]"
    assert usage("correct", Fix) == "!correct ID TEXT"
    assert keys(Do) == ("for", "with")


def test_a_mistyped_word_gets_the_nearest_one() -> None:
    assert suggest("concren", ["concern", "request"]) == "concern"
    assert suggest("Reqest", ["concern", "request"]) == "request"
    assert suggest("xyzzy", ["concern", "request"]) is None


def test_plain_values_lose_what_cannot_be_seen() -> None:
    assert plain(" a\u200d\u200f  b\n") == "a b"

"""What one can do is found on a phone: few commands with an example each, many in groups."""

from math import ceil

import pytest

from cases.roles import Permission
from chat.groups import GROUPS
from chat.languages import codes, language
from chat.layout import CARD_WIDTH, plain
from chat.render import Voice
from commands import registry_of_all
from commands.help.commands import MOST_LINES
from storage.find import Directory, place_of
from tests.room import AMSTERDAM, Conference, user

PHONE = 40
"""Characters on a line of a phone, of which about thirty lines are seen."""
SCREEN = 30
EVERYBODY = [
    ("cleo", "case"),
    ("ada", "case"),
    ("cleo", "coordination"),
    ("ada", "agency:police"),
    ("cleo", "agency:social"),
    ("kees", "admin"),
    *((who, f"direct:{user(who)}") for who in ("ada", "bram", "cleo", "kees")),
]


def rows(text: str) -> int:
    """The lines that a text has on a phone."""
    return sum(ceil(len(line) / PHONE) for line in text.splitlines())


async def test_help_in_a_case_room_shows_the_groups(table: Conference) -> None:
    room = await table.open_case()
    said = await table.answer("cleo", "!help", room=room)
    assert said.text == (
        "What you can do here\n"
        "!help ask – concerns, questions, answers\n"
        "   !concern · !request · !answer · …\n"
        "!help act – who does what, by when\n"
        "   !accept · !decline · !action · …\n"
        "!help decide – decisions and positions\n"
        "   !decide · !agree · !dissent · …\n"
        "!help meet – planning a round table\n"
        "   !roundtable · !agenda · !attend · …\n"
        "!help during – holding a round table\n"
        "   !roundtable start · end · …\n"
        "!help minutes – what was said and agreed\n"
        "   !minutes · correct · dispute · …\n"
        "!help share – what leaves the table\n"
        "   !disclosures · !disclose · …\n"
        "!help person – the person's own view\n"
        "   !screen · view: · !person · goal · …\n"
        "!help case – how the case stands\n"
        "   !status · !next · !timeline · …\n"
        "!help me – tasks, reminders, settings\n"
        "   !mine · !snooze · !pause · …\n"
        "!help mistake – putting something right\n"
        "   !correct · !undo · !restore · !erase\n"
        "Open one:  !help ask\n"
        "How one is typed:  !help WORD"
    )
    assert max(map(len, said.text.splitlines())) <= PHONE


async def test_a_group_shows_what_each_command_is_for_and_an_example(table: Conference) -> None:
    room = await table.open_case()
    said = await table.answer("ada", "!help act", room=room)
    assert said.text == (
        "Who does what, by when\n"
        "Take an action or a referral on for your agency\n"
        "   !accept A-1\n"
        "Say that your agency does not take it on\n"
        "   !decline A-1 he does not open the door to us\n"
        "Propose an action to an agency or person\n"
        "   !action visit the family for: social by: fri 15:00\n"
        "Tell that an action is on its way\n"
        "   !going A-1\n"
        "Tell that an action is done\n"
        "   !done A-1 the visit took place, she was at home\n"
        "Tell that an action can't be done any more\n"
        "   !notpossible A-1 the family moved away\n"
        "Tell that an action was not carried out\n"
        "   !notdone A-1 nobody had the time for it\n"
        "Change the date of an action\n"
        "   !move A-1 fri 15:00 because: the family is away\n"
        "Hand an action to somebody else\n"
        "   !hand A-1 youth because: they know him best\n"
        "How one is typed:  !help WORD"
    )


@pytest.mark.parametrize(("who", "where"), EVERYBODY)
async def test_everything_that_one_may_do_is_found_with_an_example(table: Conference, who: str, where: str) -> None:
    room = await table.open_case()
    where = room if where == "case" else where
    shown = [(await table.answer(who, "!help", room=where)).text]
    # Whoever is shown groups opens each of them.
    opened = [line.split()[1] for line in shown[0].splitlines() if line.startswith("!help ")]
    shown += [(await table.answer(who, f"!help {word}", room=where)).text for word in opened]
    for text in shown:
        assert len(text.splitlines()) <= MOST_LINES
        assert rows(text) <= SCREEN
        assert max(map(len, text.splitlines())) <= CARD_WIDTH
    examples = {line.strip().removeprefix("Example: ") for text in shown for line in text.splitlines()}
    for path, command in registry_of_all().commands.items():
        tried = await table.answer(who, f"!help {path}", room=where)
        may = tried.text.startswith((f"!{path} – ", f"{path} – "))
        example = command.example_in(place_of(where))
        assert not may or example in examples or path in {"help", "roundtable schedule"}, path
        assert may or example not in examples


async def test_a_practitioner_is_not_shown_what_only_coordinators_may(table: Conference) -> None:
    room = await table.open_case()
    said = await table.answer("ada", "!help case", room=room)
    assert [word for word in ("!close", "!reopen", "!review", "!case invite") if word in said] == []
    assert "!status" in said


async def test_few_commands_stand_on_one_screen_without_groups(table: Conference) -> None:
    said = await table.answer("bram", "!help", room=f"direct:{user('bram')}")
    assert said.text.startswith(
        "What you can do here\n"
        "Say that you are on what is urgent\n"
        "   !onit U-1\n"
        "Show what was agreed in a scheme\n"
        "   !scheme\n"
    )
    assert "!help " not in said.text.removesuffix("How one is typed:  !help WORD")


async def test_each_is_shown_as_it_is_typed_in_this_room(table: Conference) -> None:
    said = await table.answer("cleo", "!help act", room="coordination")
    assert "!action visit the family for: social by: fri cases: K7QF, M3XP" in said
    room = await table.open_case()
    said = await table.answer("cleo", "!help action", room=room)
    assert "Example: !action visit the family for: social by: fri 15:00" in said


async def test_many_commands_stand_on_one_screen_in_groups(table: Conference) -> None:
    said = await table.answer("cleo", "!help", room="coordination")
    assert "!help meet – planning a round table\n   !sitting · add · drop · defer" in said.text
    assert "!case invite K7QF" in await table.answer("cleo", "!help case", room="coordination")


async def test_many_are_shown_by_groups_and_one_alone_by_its_example(table: Conference) -> None:
    said = await table.answer("ada", "help", room=f"direct:{user('ada')}")
    lines = said.text.splitlines()
    assert [line for line in lines if not line.startswith("   ")] == [
        "What you can do here",
        "!help ask – concerns, questions, answers",
        "Say how you found a round table",
        "!help share – what leaves the table",
        "Show what was agreed in a scheme",
        "!help me – tasks, reminders, settings",
        "!help mistake – putting something right",
        "Open one:  !help ask",
        "How one is typed:  !help WORD",
    ]
    assert "   !scheme" in lines


async def test_a_manager_in_a_direct_chat_is_shown_little(table: Conference) -> None:
    said = await table.answer("bram", "help", room=f"direct:{user('bram')}")
    named = [line.split()[0] for line in said.text.splitlines() if line.startswith("   ")]
    assert named == ["!onit", "!scheme", "!settings", "!zone", "!quiet", "!language", "!restore", "!erase"]


async def test_a_group_whose_word_is_a_command_shows_that_and_the_others(table: Conference) -> None:
    room = await table.open_case()
    said = await table.answer("ada", "!help decide", room=room)
    assert said.text.splitlines()[:2] == [
        "!decide – Put a decision before the table, with its reasons.",
        "!decide DECISION because: REASON [review: DATE]",
    ]
    also = said.text.splitlines()
    assert also[also.index("See also:") + 1 :][:4] == [
        "Agree with a decision",
        "   !agree D-1",
        "Say that your agency does not agree",
        "   !dissent D-1 the school has to be able to reach his mother",
    ]


async def test_a_group_with_a_single_command_shows_that(table: Conference) -> None:
    said = await table.answer("ada", "!help me", room="agency:police")
    assert said.text.startswith("!help – Show what you can do here, or how one command is typed.")
    voice = Voice(Directory({}, {}), AMSTERDAM, language("en"))
    one = {"purpose": "Raise a concern", "example": "!concern x"}
    shown = plain(voice.text("help/groups", {"groups": [(GROUPS[0], "!concern", [one])]}))
    assert shown.splitlines()[1:3] == ["Raise a concern", "   !concern x"]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("!help doen", "Who does what, by when"),
        ("!help Zaak", "How the case stands"),
        ("!help !act", "Who does what, by when"),
        ("!help verslag", "What was said and agreed"),
    ],
)
async def test_a_group_is_opened_by_its_word_in_each_language(table: Conference, typed: str, first: str) -> None:
    room = await table.open_case()
    assert (await table.answer("ada", typed, room=room)).text.splitlines()[0] == first


async def test_the_words_of_a_language_are_shown_to_who_reads_it(table: Conference) -> None:
    direct = f"direct:{user('ada')}"
    await table.say("ada", "language nl", room=direct)
    assert "Bedoel je  !help vragen ?" in await table.answer("ada", "help vrage", room=direct)
    for word in ("vragen", "ask"):
        assert (await table.answer("ada", f"help {word}", room=direct)).text.startswith("Zorgen en vragen\n")


def test_each_group_has_a_word_of_its_own_and_fits_a_phone_in_each_language() -> None:
    paths = registry_of_all().commands
    assert 2 * len(GROUPS) + 3 <= MOST_LINES
    for spoken in map(language, codes()):
        words = {group: spoken.group(group.word) for group in GROUPS}
        assert len({*words.values()}) == len(GROUPS)
        shown = [f"!help {word} – {spoken.text(group.title)}" for group, word in words.items()]
        assert [line for line in shown if len(line) > PHONE] == []
        own = {word for word in words.values() if word in paths}
        assert own <= {group.word for group in GROUPS}


@pytest.mark.parametrize("path", [path for path, command in registry_of_all().commands.items()])
def test_an_example_is_short_enough_for_a_list(path: str) -> None:
    assert len(f"   {registry_of_all().commands[path].example}") <= CARD_WIDTH


async def test_help_for_one_command_shows_usage_keys_and_an_example(table: Conference) -> None:
    room = await table.open_case()
    said = await table.answer("ada", "!help Concern", room=room)
    assert said.text == (
        "!concern – Raise a concern, so that the table hears it.\n"
        "!concern WHAT YOU OBSERVED [kind: fact|opinion] [seen: DATE] [source: SOURCE]\n"
        "[domain: DOMAIN] [urgency: urgent|soon|routine]\n"
        "kind: fact or opinion (fact, opinion)\n"
        "seen: when it was observed\n"
        "source: how you know it\n"
        "domain: which part of life (home, school, health, peers, online, justice,\nhousing)\n"
        "urgency: how soon the table should look at it (urgent, soon, routine)\n"
        "Example: !concern has not been at school for two weeks kind: fact domain: school"
    )


async def test_help_for_a_command_with_more_words_names_those(table: Conference) -> None:
    room = await table.open_case()
    assert "See also: !help roundtable schedule · " in await table.answer("ada", "!help roundtable", room=room)
    assert (await table.answer("ada", "!help !roundtable start", room=room)).text.startswith("!roundtable start – ")
    assert (await table.answer("ada", "!help note", room=room)).text.startswith("note: – ")


async def test_help_for_half_of_a_command_lists_the_whole_ones(table: Conference) -> None:
    said = await table.answer("kees", "!help verify", room="admin")
    assert [line for line in said.text.splitlines() if line.startswith("   ")] == [
        "   !verify same Ada Jansen",
        "   !verify different Ada Jansen",
    ]


@pytest.mark.parametrize(
    ("topic", "code", "words"),
    [
        ("concren", "help/unknown", "Did you mean  !help concern ?"),
        ("zzzzzz", "help/unknown", "I don't know that command.\n"),
        ("deciede", "help/unknown", "Did you mean  !help decide ?"),
        ("meeting", "help/unknown", "Did you mean  !help meet ?"),
        ("admin", "dispatch/wrong_room", "That is for: admin. Please ask one of them."),
        ("case open", "dispatch/wrong_room", "Nothing was changed."),
        ("close", "dispatch/not_allowed", "Here this is for: coordinator."),
    ],
)
async def test_help_that_cannot_be_given_says_why(table: Conference, topic: str, code: str, words: str) -> None:
    room = await table.open_case()
    assert words in await table.answer("ada", f"!help {topic}", room=room)
    assert (await table.outcomes())[-1] == ("help", code)


async def test_every_command_can_be_explained_where_it_may_be_used(table: Conference) -> None:
    await table.say("kees", f"!member sits {user('cleo')} steering because: x", room="admin")
    room = await table.open_case()
    for path, command in registry_of_all().commands.items():
        counts = command.needs in {Permission.OPEN_CASES, Permission.FIGURES}
        where = "coordination" if path.startswith("case ") or counts else room
        where = f"direct:{user('cleo')}" if command.needs is Permission.SETTINGS else where
        where = "steering" if command.needs is Permission.ADVISE else where
        who, where = ("kees", "admin") if command.needs is Permission.PROVISION else ("cleo", where)
        said = await table.answer(who, f"!help {path}", room=where)
        assert "Example: " in said, path

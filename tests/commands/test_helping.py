import pytest

from cases.roles import Permission
from commands import registry_of_all
from tests.room import Conference, user

LONGEST = 25


async def test_help_in_a_case_room_fits_a_phone_and_names_every_command(table: Conference) -> None:
    room = await table.open_case()
    said = await table.answer("cleo", "!help", room=room)
    lines = said.text.splitlines()
    assert len(lines) <= LONGEST
    assert lines[:3] == [
        "What you can do here",
        "!concern – Raise a concern, so that the table hears it",
        "!request – Ask an agency or a person for information, and say why",
    ]
    assert lines[-1] == "How one is typed:  !help WORD"
    words = ("answer", "narrow", "accept", "hand", "dissent", "undo", "close")
    assert [word for word in words if f"!{word}" not in said] == []
    assert "   !roundtable cancel · start · end · " in said
    assert "   !minutes correct · dispute · settle · view · credit · approve · addendum\n" in said
    assert "   note: view: worried: working: needed: credit: action: decision: apologies:\n" in said
    assert "case open" not in said


async def test_a_practitioner_is_not_shown_what_only_coordinators_may(table: Conference) -> None:
    room = await table.open_case()
    said = await table.answer("ada", "!help", room=room)
    assert len(said.text.splitlines()) <= LONGEST
    assert [word for word in ("!close", "!reopen", "!review") if word in said] == []
    assert "!status" in said


async def test_help_in_the_coordination_room(table: Conference) -> None:
    said = await table.answer("cleo", "!help", room="coordination")
    assert said.text == (
        "What you can do here\n"
        "!case open – Open a case: why now, what for, and who is needed at the table\n"
        "   !case open why: not seen at school for weeks goal: back at school agencies: police, social, school\n"
        "!case list – List the open cases, by reference only\n"
        "!case invite – Invite a person to the table of a case, and say why\n"
        "   !case invite K7QF Hugo Peters because: he knows the school\n"
        "!case release – Let a person leave the table of a case, and say why\n"
        "   !case release K7QF Hugo Peters because: he changed schools\n"
        "!case director – Give a case to another process director, and say why\n"
        "   !case director K7QF Cleo Bakker because: I am on leave\n"
        "!case reroom – Give a case a new room in place of an unsafe one, and say why\n"
        "   !case reroom K7QF because: its room is lost\n"
        "!help – Show what you can do here, or how one command is typed\n"
        "How one is typed:  !help WORD"
    )


async def test_a_manager_in_a_direct_chat_is_shown_little(table: Conference) -> None:
    said = await table.answer("bram", "help", room=f"direct:{user('bram')}")
    named = [line.split()[0] for line in said.text.splitlines()[1:-1] if line.startswith("!")]
    assert named == ["!settings", "!zone", "!quiet", "!language", "!help"]
    assert "   !quiet 19:00-08:00" in said.text.splitlines()


async def test_help_for_one_command_shows_usage_keys_and_an_example(table: Conference) -> None:
    room = await table.open_case()
    said = await table.answer("ada", "!help Concern", room=room)
    assert said.text == (
        "!concern – Raise a concern, so that the table hears it.\n"
        "!concern WHAT YOU OBSERVED [kind: fact|opinion] [seen: DATE] [source: SOURCE] [domain: DOMAIN]"
        " [urgency: urgent|soon|routine]\n"
        "kind: fact or opinion (fact, opinion)\n"
        "seen: when it was observed\n"
        "source: how you know it\n"
        "domain: which part of life (home, school, health, peers, online, justice, housing)\n"
        "urgency: how soon the table should look at it (urgent, soon, routine)\n"
        "Example: !concern has not been at school for two weeks kind: fact domain: school"
    )


async def test_help_for_a_command_with_more_words_names_those(table: Conference) -> None:
    room = await table.open_case()
    assert "See also:\n!help roundtable schedule · " in await table.answer("ada", "!help roundtable", room=room)
    assert (await table.answer("ada", "!help !roundtable start", room=room)).text.startswith("!roundtable start – ")
    assert (await table.answer("ada", "!help note", room=room)).text.startswith("note: – ")


async def test_help_for_half_of_a_command_lists_the_whole_ones(table: Conference) -> None:
    said = await table.answer("cleo", "!help case", room="coordination")
    assert [line.partition(" –")[0] for line in said.text.splitlines()[1:-1] if line.startswith("!")] == [
        "!case open",
        "!case list",
        "!case invite",
        "!case release",
        "!case director",
        "!case reroom",
    ]


@pytest.mark.parametrize(
    ("topic", "code", "words"),
    [
        ("concren", "help/unknown", "Did you mean  !help concern ?"),
        ("zzzzzz", "help/unknown", "I don't know that command.\n"),
        ("case open", "dispatch/wrong_room", "Nothing was changed."),
        ("close", "dispatch/not_allowed", "Here this is for: coordinator."),
    ],
)
async def test_help_that_cannot_be_given_says_why(table: Conference, topic: str, code: str, words: str) -> None:
    room = await table.open_case()
    assert words in await table.answer("ada", f"!help {topic}", room=room)
    assert (await table.outcomes())[-1] == ("help", code)


async def test_every_command_can_be_explained_where_it_may_be_used(table: Conference) -> None:
    room = await table.open_case()
    for path, command in registry_of_all().commands.items():
        where = "coordination" if path.startswith("case ") else room
        where = f"direct:{user('cleo')}" if command.needs is Permission.SETTINGS else where
        who, where = ("kees", "admin") if command.needs is Permission.PROVISION else ("cleo", where)
        said = await table.answer(who, f"!help {path}", room=where)
        assert "Example: " in said, path

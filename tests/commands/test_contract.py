"""The command language, example by example, as people type it."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from cases.people import Professional
from cases.roles import Role
from commands.action.rules import Action
from commands.concern.rules import Concern
from commands.request.rules import Answer, Request, State
from storage import tables
from tests.room import BOT, Conference, Said, user

ASK = "!request police any call-outs since 1 September? because: the safety plan depends on it by: fri 13 nov 15:00"


def by_channel(said: list[Said]) -> dict[str, str]:
    return {s.channel: s.text for s in said}


def card(said: list[Said], channel: str) -> Said:
    return next(s for s in said if s.channel == channel)


@pytest.mark.parametrize(
    "typed",
    [
        "!concern he didn't come home",
        "/concern he didn't come home",
        "//concern he didn't come home",
        "!CONCERN he didn't come home",
        "!concern\u00a0he didn't come home",
        "!concern\nhe didn't come home",
        "!concern, he didn't come home",
        "\u200e!concern he didn't come home",
        "Roundtable: concern he didn't come home",
        "@roundtable:example.org concern he didn't come home",
    ],
)
async def test_a_command_may_begin_in_several_ways(table: Conference, typed: str) -> None:
    room = await table.open_case()

    said = (await table.say("ada", typed, room=room, mentions=(BOT,)))[0]

    assert said.text.startswith("C-1 · concern from Ada Jansen (Police)\nhe didn't come home\n")


@pytest.mark.parametrize("typed", ["concern he didn't come home", "!!!", "! Attention", "/ 2", "I accept A-1"])
async def test_ordinary_talk_is_not_answered(table: Conference, typed: str) -> None:
    room = await table.open_case()

    assert await table.say("ada", typed, room=room) == []
    assert (await table.case(room)).all(Concern) == []


async def test_fields_stand_in_any_order_and_only_the_commands_own_keys_are_keys(table: Conference) -> None:
    room = await table.open_case()

    await table.say("dirk", "!request Gina Dekker call at 10: ask for her by: in 3 days because: the plan", room=room)

    (asked,) = (await table.case(room)).all(Request)
    assert (asked.to_person, asked.question, asked.because) == (user("gina"), "call at 10: ask for her", "the plan")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("any calls? because: the plan until: fri", "“until:” is no key of request. Did you mean  by: ?"),
        ("any calls? because: the plan deadline: fri", "“deadline:” is no key of request. Did you mean  by: ?"),
        ("any calls? reason: the plan by: fri", "“reason:” is no key of request. Did you mean  because: ?"),
        ("any calls? because: the plan owner: us", "“owner:” is no key of request. What can be added: because: by:"),
    ],
)
async def test_another_commands_key_is_asked_about_and_nothing_is_done(
    table: Conference, typed: str, told: str
) -> None:
    room = await table.open_case()

    (said,) = await table.say("dirk", f"!request Gina Dekker {typed}", room=room)

    assert said.text.startswith(told)
    assert said.text.endswith("If it is part of your text, leave its colon out. Nothing was done.")
    assert "the plan" not in said.text
    assert (await table.case(room)).all(Request) == []


async def test_the_cards_of_a_request(table: Conference) -> None:
    room = await table.open_case()

    said = by_channel(await table.say("dirk", ASK, room=room))

    assert said[room] == (
        "R-1 · to Police · answer by Fri 13 Nov 2026, 15:00 Europe/Amsterdam\n"
        "Because: the safety plan depends on it\n"
        "Question: any call-outs since 1 September?\n"
        "Asked by Social services. Reply: answer … · partly … · nothing · refuse … · moretime …"
    )
    assert set(said) == {room, "agency:police"}


async def test_the_card_of_an_action(table: Conference) -> None:
    room = await table.open_case()

    said = await table.answer(
        "cleo", "!action Visit the family together with the school. for: @social by: 20 nov", room=room
    )

    assert said.text == (
        "A-1 · Social services · due Fri 20 Nov 2026, 17:00 Europe/Amsterdam\n"
        "Visit the family together with the school.\n"
        "Proposed by the coordinator. Reply: accept · decline … · done … · move …"
    )


@pytest.mark.parametrize(
    ("typed", "first", "then"),
    [
        ("!request police q?", "Almost: a reason is missing.", "Add   because: why you need it   to the end"),
        ("!request q because: r", "Almost: a question is missing.", "Needed: what you need to know."),
        ("!request", "Almost: an agency or a person, a question and a reason are missing.", "Needed: whom you ask"),
        ("!roundtable", "Almost: a date is missing.", "Needed: a day and an hour, such as fri 15:00."),
        ("!agenda", "Almost: an item is missing.", "Needed: what you want to talk about."),
        ("!action visit by: fri", "Almost: an owner is missing.", "Add   for: the agency or person who shall do it   "),
        ("!refuse R-1 secret", "Almost: a ground is missing.", "Add   ground: GROUND   to the end of your message."),
    ],
)
async def test_what_is_missing_is_named_with_the_line_to_add(
    table: Conference, typed: str, first: str, then: str
) -> None:
    room = await table.open_case()

    lines = (await table.answer("ada", typed, room=room)).text.splitlines()

    assert lines[0] == first
    assert lines[1].startswith(then)
    assert any(line.endswith("Nothing was sent.") for line in lines)


async def test_a_person_who_must_not_read_the_question_is_not_asked(table: Conference) -> None:
    room = await table.open_case()

    said = await table.say("hugo", "!request Bram Visser was he seen? because: we worry", room=room)

    assert "\n\n".join(s.text for s in said) == (
        "Bram Visser has the role manager: questions are answered by practitioners.\n"
        "Ask the agency:  !request police QUESTION because: REASON\n"
        "Nothing was sent."
    )
    assert (await table.case(room)).all(Request) == []


async def test_an_answer_with_a_narrower_audience_is_corrected_only_where_it_was_read(table: Conference) -> None:
    room = await table.open_case()
    asked = await table.say("dirk", "!request health was he seen? because: the plan see: social", room=room)
    question = card(asked, "agency:health")
    given = await table.say("gina", "answer he came in May", room="agency:health", replies_to=question)
    thanks = card(given, "agency:health")

    corrected = await table.say("gina", "correct he came in June", room="agency:health", replies_to=thanks)

    assert {s.channel for s in corrected} == {"agency:social", "agency:health"}
    assert "June" in by_channel(corrected)["agency:social"]

    undone = by_channel(await table.say("gina", "!undo", room=room))

    ref = room.partition(":")[2]
    assert undone["agency:social"] == (
        f"R-1 · {ref}: the last correction of the answer was taken back. The answer is: he came in May"
    )
    assert "was he seen" not in undone["agency:social"]
    assert "May" not in undone[room]
    assert "June" not in undone[room]
    assert (await table.case(room)).all(Answer)[0].text == "he came in May"


async def test_an_answer_for_few_is_not_corrected_in_the_case_room(table: Conference) -> None:
    room = await table.open_case()
    asked = await table.say("dirk", "!request health was he seen? because: the plan see: social", room=room)
    await table.say("gina", "answer he came", room="agency:health", replies_to=card(asked, "agency:health"))

    said = await table.say("gina", "!correct R-1 SECRET", room=room)

    assert [s.channel for s in said] == [room]
    assert "SECRET" not in said[0]
    assert said[0].text.endswith("Nothing was sent.")


async def test_the_five_answers(table: Conference) -> None:
    room = await table.open_case()
    for _ in range(5):
        await table.say("dirk", ASK, room=room)

    for typed in (
        "!answer r1 two",
        "!partly R2 some withheld: medical details",
        "!nothing R-3",
        "!refuse r-4 it would harm ground: ongoing investigation instead: ask whether he is safe",
        "!moretime R-5 mon 16 nov 12:00 because: the archive is closed",
    ):
        await table.answer("ada", typed, room=room)

    states = [r.state for r in (await table.case(room)).all(Request)]
    assert states == [State.ANSWERED, State.PARTLY, State.NOTHING, State.REFUSED, State.MORE_TIME]


async def test_a_mention_tells_namesakes_apart(table: Conference) -> None:
    room = await table.open_case()
    with table.store.update() as session:
        twin = Professional("@ada2:example.org", "Ada Jansen", "health", Role.PRACTITIONER)
        session.execute(sa.insert(tables.professionals), vars(twin))

    asked = await table.answer("hugo", "!request Ada Jansen x because: y", room=room)
    assert asked.text.splitlines()[:3] == [
        "More than one person is called “Ada Jansen”. Whom do you mean?",
        "Ada Jansen: @ada:example.org",
        "Ada Jansen: @ada2:example.org",
    ]
    await table.say("hugo", "!request Ada Jansen x because: y", room=room, mentions=("@ada2:example.org",))
    assert (await table.case(room)).all(Request)[0].to_person == "@ada2:example.org"


async def test_a_mention_counts_whatever_the_person_is_called_in_the_app(table: Conference) -> None:
    room = await table.open_case()
    message = table.incoming("hugo", "!request Inspector J. (police): was he seen? because: plan", room, "$1")

    await table.dispatcher.handle(replace(message, pills=(("Inspector J. (police)", user("ada")),)))

    asked = (await table.case(room)).all(Request)[0]
    assert (asked.to_person, asked.question) == (user("ada"), "was he seen?")


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("04/05/27", "“04/05/27” can be read in more than one way."),
        ("fri morning", "“fri morning” can be read in more than one way."),
        ("yesterday", "“yesterday” is already past: Sun 1 Nov 2026, 17:00 Europe/Amsterdam. Did you mean:"),
        ("31 feb", "“31 feb” does not exist in the calendar or on the clock."),
        ("2027-03-28 02:30", "“2027-03-28 02:30” does not exist: the clocks are put forward then."),
        ("today 09:00", "“today 09:00” is already past: Mon 2 Nov 2026, 09:00 Europe/Amsterdam. Did you mean:"),
    ],
)
async def test_a_date_that_is_not_clear_is_not_guessed(table: Conference, typed: str, first: str) -> None:
    room = await table.open_case()

    said = await table.answer("ada", f"!action x for: police by: {typed}", room=room)

    assert said.text.startswith(first)
    assert said.text.endswith("Nothing was changed.")
    assert (await table.case(room)).all(Action) == []


async def test_what_i_owe_everywhere_holds_no_content(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!action CANARY for: health by: fri", room=room)

    said = await table.answer("finn", "mine", room=f"direct:{user('finn')}")

    assert said.text == f"{room.partition(':')[2]} · 1 item needs you\nA-1 · due Fri 6 Nov 2026"


@pytest.mark.parametrize("who", ["bram", "ella", "kees"])
@pytest.mark.parametrize("typed", ["!status", "!help", "!timeline", "!concern x", "!followups", "!minutes"])
async def test_managers_and_admins_see_no_content(table: Conference, who: str, typed: str) -> None:
    room = await table.open_case()

    said = await table.answer(who, typed, room=room)

    assert said.text == (
        "You are not on the list of this room, so I can't act on that. Please ask a coordinator. Nothing was changed."
    )


async def test_an_edit_of_a_command_changes_nothing(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!concern first", room=room, event_id="$first")

    said = await table.say("ada", "!concern second", room=room, replaces="$first")

    assert "\n\n".join(s.text for s in said) == (
        "You changed a command that was already carried out. That changes nothing by itself.\n"
        "To put the change of C-1 on file, reply:  yes\n"
        "To take it back within 10 minutes:  !undo"
    )
    assert [c.about for c in (await table.case(room)).all(Concern)] == ["first"]


async def test_nothing_that_is_typed_makes_the_bot_fail(table: Conference) -> None:
    room = await table.open_case()
    hostile = [
        "x" * 65536,
        "\x00\x1b[31m",
        "<b>&amp;</b>",
        "\u202e\u05e9\u05dc\u05d5\u05dd",
        "👨\u200d👩\u200d👧",
        "\ud800",
        "A-0",
        "R-99999999999",
    ]
    words = ["concern", "accept", "request police", "correct", "hand A-1", "roundtable", "help", "minutes", "decide"]

    for word in words:
        for text in hostile:
            await table.say("ada", f"!{word} {text} because: {text[:50]}", room=room)

    assert "failed" not in {outcome for _, outcome in await table.outcomes()}


async def test_help_fits_a_phone(table: Conference) -> None:
    room = await table.open_case()

    said = await table.answer("cleo", "!help", room=room)

    lines = said.text.splitlines()
    assert lines[0] == "What you can do here"
    assert max(len(line) for line in lines) <= 84
    assert "   !concern · !request · !answer · …" in lines
    assert "\n!partly R-1 " in await table.answer("cleo", "!help ask", room=room)
    assert "!close" in await table.answer("cleo", "!help case", room=room)
    assert "!close" not in await table.answer("ada", "!help case", room=room)


@pytest.mark.parametrize("typed", ["accept.", "Accept!", "accept:", "accept"])
async def test_a_phone_may_end_an_answer_to_a_card_with_a_full_stop(table: Conference, typed: str) -> None:
    room = await table.open_case()
    proposed = await table.answer("ada", "!action visit him for: school by: fri", room=room)

    said = await table.answer("hugo", typed, room=room, replies_to=proposed)

    assert said.text.startswith("A-1 · School accepts")


async def test_a_question_about_a_card_is_talk(table: Conference) -> None:
    room = await table.open_case()
    proposed = await table.answer("ada", "!action visit him for: school by: fri", room=room)

    assert await table.say("cleo", "done?", room=room, replies_to=proposed) == []


@pytest.mark.parametrize("typed", ["acept", "Accepted, we go on Tuesday", "accepts"])
async def test_who_nearly_answers_a_card_is_told_that_it_did_not_count(table: Conference, typed: str) -> None:
    room = await table.open_case()
    proposed = await table.answer("ada", "!action visit him for: school by: fri", room=room)

    said = await table.answer("hugo", typed, room=room, replies_to=proposed)

    assert said.text.startswith("I don't know that word. Did you mean  !accept A-1 ?\n")
    assert (await table.case(room)).all(Action)[0].accepted_by == ()


@pytest.mark.parametrize("typed", ["thank you", "Fine, on Tuesday then", "concerning him: yes", "I accept that"])
async def test_talk_about_a_card_stays_talk(table: Conference, typed: str) -> None:
    room = await table.open_case()
    proposed = await table.answer("ada", "!action visit him for: school by: fri", room=room)

    assert await table.say("hugo", typed, room=room, replies_to=proposed) == []


@pytest.mark.parametrize(
    "typed",
    [
        "!concern CANARY kind: CANARY",
        "!concern x seen: when CANARY came",
        "!request CANARY was he seen? because: x",
        "!request health CANARY",
        "!request health x because: y see: CANARY",
        "!action CANARY for: CANARY by: fri",
        "!action x for: CANARY by: fri",
        "!action x for: police by: CANARY",
        "!answer R-9 CANARY",
        "!refuse R-9 CANARY ground: CANARY",
        "!roundtable CANARY",
        "!roundtable fri 15:00 for: CANARY",
        "!roundtable fri 15:00 every: CANARY",
        "!CANARY",
        "!status CANARY",
    ],
)
async def test_no_error_repeats_what_may_be_sensitive(table: Conference, typed: str) -> None:
    room = await table.open_case()

    said = await table.say("hugo", typed, room=room)

    assert [one.channel for one in said] == [room]
    assert "CANARY" not in said[0].html + said[0].text

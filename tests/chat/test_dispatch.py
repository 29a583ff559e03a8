# lines: one way from a message to its effects, case by case

from dataclasses import replace

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from cases.roles import Permission
from chat.arguments import Arguments, Rest
from chat.context import Context, Reply
from chat.dispatch import Dispatcher
from chat.incoming import Incoming
from chat.registry import Registry
from commands.concern.rules import Concern, raise_concern
from commands.request.rules import Request
from commands.roundtable.rules import Note, RoundTable
from storage import causes, database, tables
from storage.store import Store
from tests.room import BOT, Conference, user

CANARY = "Sem Quist-Canary"


async def handled(table: Conference) -> int:
    """How many events left a trace."""
    with table.store.update() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(tables.inbox)) or 0


async def concerns(table: Conference, room: str) -> list[str]:
    return [c.about for c in (await table.case(room)).all(Concern)]


@pytest.mark.parametrize("typed", ["!concern he was seen", "/concern he was seen", "!CONCERN he was seen"])
async def test_a_prefix_and_the_first_word_make_a_command(table: Conference, typed: str) -> None:
    room = await table.open_case()
    assert (await table.answer("ada", typed, room=room)).subject == "C-1"
    assert await concerns(table, room) == ["he was seen"]


async def test_a_mention_of_the_bot_makes_a_command(table: Conference) -> None:
    room = await table.open_case()
    said = await table.say("ada", "Roundtable: concern he was seen", room=room, mentions=(BOT,))
    assert [s.subject for s in said] == ["C-1"]


async def test_ordinary_talk_is_neither_answered_nor_stored(table: Conference) -> None:
    room = await table.open_case()
    before = await handled(table)
    card = await table.answer("ada", "!concern he was seen", room=room)
    assert await handled(table) == before + 1
    for text in (f"I saw {CANARY} yesterday", "note: that was last year", "!!!", "... concern"):
        assert await table.say("ada", text, room=room) == []
    assert await table.say("ada", "thank you all", room=room, replies_to=card) == []
    assert await handled(table) == before + 1


async def test_an_unknown_word_gets_a_suggestion_and_is_never_run(table: Conference) -> None:
    room = await table.open_case()
    said = await table.answer("ada", f"!concren {CANARY}", room=room)
    assert said.text == (
        "I don't know that word. Did you mean  !concern ?\n!help shows what you can do here. Nothing was changed."
    )
    assert await concerns(table, room) == []
    assert (await table.outcomes())[-1] == ("unknown", "dispatch/unknown")


async def test_half_of_a_command_is_asked_about(table: Conference) -> None:
    said = await table.answer("cleo", "!case", room="coordination")
    assert said.text.startswith("Which one do you mean?\n!case ")
    assert "\n!case open: " in said.text
    assert said.text.endswith("Nothing was changed.")


async def test_a_command_in_the_wrong_room_is_told_where_it_belongs(table: Conference) -> None:
    said = await table.answer("cleo", "!concern he was seen", room="coordination")
    assert said.text == "That does not belong in this room. You can type it in: a case room.\nNothing was changed."
    assert (await table.outcomes())[-1] == ("concern", "dispatch/wrong_room")


async def test_a_command_for_another_role_says_for_which(table: Conference) -> None:
    said = await table.answer("cleo", "!identity list", room="coordination")
    assert said.text == "That is for: admin. Please ask one of them.\nNothing was changed."


async def test_who_may_not_is_told_who_may(table: Conference) -> None:
    room = await table.open_case()
    said = await table.answer("ada", "!close because: done owner: police", room=room)
    assert said.text == "Here this is for: coordinator. Please ask Cleo Bakker. Nothing was changed."
    assert not (await table.case(room)).closed


@pytest.mark.parametrize("who", ["bram", "mallory"])
async def test_a_stranger_is_refused_and_learns_nothing(table: Conference, who: str) -> None:
    room = await table.open_case()
    steps = len((await table.case(room)).steps)
    said = await table.answer(who, "!status", room=room)
    assert said.text.startswith("You are not on the list of this room")
    assert "not seen at school" not in said
    assert len((await table.case(room)).steps) == steps
    assert (await table.outcomes())[-1] == ("status", "dispatch/not_a_member")


async def test_a_room_that_is_none_of_ours_is_not_heard(table: Conference) -> None:
    before = await handled(table)
    assert await table.say("ada", "!status", room="elsewhere") == []
    assert await handled(table) == before


async def test_the_edit_of_a_command_that_was_carried_out_changes_nothing(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!concern he was seen on Monday", room=room, event_id="$first")
    (said,) = await table.say("ada", "!concern he was seen on Tuesday", room=room, replaces="$first")
    assert "C-1" in said
    assert "Tuesday" not in said
    assert await concerns(table, room) == ["he was seen on Monday"]

    await table.say("ada", "correct he was seen on Tuesday", room=room, replies_to=said)
    assert await concerns(table, room) == ["he was seen on Tuesday"]


async def test_the_edit_of_what_has_no_wording_is_not_offered_as_a_correction(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!action visit him for: police by: fri", room=room)
    await table.say("ada", "!done A-1 he was in", room=room, event_id="$first")
    (said,) = await table.say("ada", "!done A-1 he was out", room=room, replaces="$first")
    assert "correct" not in said
    assert "!undo" in said


async def test_the_edit_of_a_refused_command_is_a_command_once(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!concren he was seen", room=room, event_id="$first")
    (said,) = await table.say("ada", "!concern he was seen", room=room, replaces="$first")
    assert said.subject == "C-1"
    (again,) = await table.say("ada", "!concern he was seen again", room=room, replaces="$first")
    assert again.text.startswith("You changed a command")
    assert await concerns(table, room) == ["he was seen"]


async def test_a_command_that_became_one_by_an_edit_is_erased_with_its_message(table: Conference) -> None:
    room = await table.open_case()
    said = await table.say("ada", "!concren he was seen", room=room, event_id="$first")
    said += await table.say("ada", "!concern he was seen", room=room, replaces="$first")
    await table.deleting.deleted(f"!{room}:example.org", user("ada"), "$first", "$deletion")
    await table.deliver()
    assert await concerns(table, room) == ["[…]"]
    # The hint is gone since what was meant came.
    assert table.retracted == [(room, one.event_id) for one in said]


async def test_the_edit_of_somebody_elses_message_does_not_block_their_own_correction(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!concren he was seen", room=room, event_id="$first")
    await table.say("dirk", "!concern something else", room=room, event_id="$meddling", replaces="$first")
    (said,) = await table.say("ada", "!concern he was seen", room=room, replaces="$first")
    assert said.subject == "C-2"
    assert await concerns(table, room) == ["something else", "he was seen"]


async def test_who_edits_somebody_elses_message_learns_nothing_of_what_it_did(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!concern he was seen", room=room, event_id="$first")
    for who, where in (("dirk", room), ("bram", f"direct:{user('bram')}"), ("mallory", room)):
        for said in await table.say(who, "!concern x", room=where, replaces="$first"):
            assert "C-1" not in said
            assert "already carried out" not in said
    assert await table.say("ada", "thank you", room=room, replaces="$first") == []
    own = await table.answer("ada", "!concern he was seen on Monday", room=room, replaces="$first")
    assert "already carried out" in own


async def test_deleting_an_edit_takes_the_words_of_the_edit_away(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!concern he was seen", room=room, event_id="$other")
    table.later(minutes=1)
    await table.say("ada", "!concren he drives", room=room, event_id="$first")
    said = await table.say("ada", "!concern he drives", room=room, event_id="$edit", replaces="$first")
    hint = table.retracted.pop()
    await table.deleting.deleted(f"!{room}:example.org", user("ada"), "$edit", "deletion")
    await table.deliver()
    assert await concerns(table, room) == ["he was seen", "[…]"]
    assert table.retracted == [(room, one.event_id) for one in said]
    assert hint not in table.retracted


async def test_deleting_a_message_leaves_what_another_ones_edit_of_it_did(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!concren he was seen", room=room, event_id="$first")
    await table.say("dirk", "!concern he drives", room=room, event_id="$meddling", replaces="$first")
    for who, event_id in (("ada", "$first"), ("ada", "$meddling"), ("dirk", "$first.$meddling")):
        await table.deleting.deleted(f"!{room}:example.org", user(who), event_id, f"deletion {who} {event_id}")
    await table.deliver()
    assert await concerns(table, room) == ["he drives"]


async def test_one_event_has_one_effect_whatever_it_is_said_to_edit(table: Conference) -> None:
    room = await table.open_case()
    assert len(await table.say("ada", "!concern he was seen", room=room, event_id="$once")) == 1
    for edited in ("$anything", "$once", "$else"):
        assert await table.say("ada", "!concern he was seen", room=room, event_id="$once", replaces=edited) == []
    assert await concerns(table, room) == ["he was seen"]


async def test_no_event_id_is_the_name_of_another_line_or_of_what_the_bot_does_itself(table: Conference) -> None:
    room = await table.open_case()
    ref = room.partition(":")[2]
    table.later(days=1)
    taken = (f"morning:{ref}:2026-11-09", f"digest:{ref}:2026-W46", f"morning/{ref}/2026-11-09", "$first.2", "$first/2")
    for number, event_id in enumerate(taken, start=1):
        assert len(await table.say("ada", f"!concern number {number}", room=room, event_id=event_id)) == 1
    await table.say("hugo", "!roundtable today 15:00", room=room)
    await table.say("hugo", "!roundtable start", room=room)
    await table.say("hugo", "note: one\nnote: two", room=room, event_id="$first")
    (held,) = (await table.case(room)).all(RoundTable)
    assert [note.text for note in (await table.case(room)).all(Note) if note.roundtable == held.id] == ["one", "two"]
    await table.say("hugo", "!roundtable end", room=room)
    table.later(days=6)
    await table.sweeps.run()
    await table.deliver()
    assert [command for command, _ in await table.outcomes()].count("digest") == 1


async def test_the_same_event_twice_has_one_effect(table: Conference) -> None:
    room = await table.open_case()
    first = await table.say("ada", "!concern he was seen", room=room, event_id="$once")
    again = await table.say("ada", "!concern he was seen", room=room, event_id="$once")
    assert (len(first), again) == (1, [])
    assert await concerns(table, room) == ["he was seen"]


async def test_a_refused_command_changes_nothing_and_is_in_the_log(table: Conference) -> None:
    room = await table.open_case()
    before = await table.case(room)
    said = await table.answer("ada", f"!request health {CANARY}?", room=room)
    assert said.text == (
        "Almost: a reason is missing.\nAdd   because: why you need it   to the end of your message. Nothing was sent."
    )
    after = await table.case(room)
    assert (after.all(Request), len(after.steps)) == ([], len(before.steps))
    assert (await table.outcomes())[-1] == ("request", "reading/missing")


async def test_64_kib_of_text_is_too_long(table: Conference) -> None:
    room = await table.open_case()
    said = await table.answer("ada", f"!concern {'x' * 65536}", room=room)
    assert said.text == (
        "That is too long: “what you observed” has 65536 characters, at most 8000 fit. "
        "Please say it shorter, or in two messages. Nothing was changed."
    )
    assert await concerns(table, room) == []


async def test_html_and_emoji_are_shown_as_text(table: Conference) -> None:
    room = await table.open_case()
    said = await table.answer("ada", "!concern <b>he</b> & <script>x</script> 🙂 שמש", room=room)
    assert "<b>he</b> & <script>x</script> 🙂 שמש" in said.text
    assert (await concerns(table, room))[0].startswith("<b>he</b>")


class Fail(Arguments):
    """Fail, after having changed something."""

    text: Rest


@pytest.fixture
def failing() -> Registry:
    registry = Registry()

    @registry.command("fail", needs=Permission.CONTRIBUTE, example="!fail now")
    def fail(args: Fail, ctx: Context) -> Reply:
        raise_concern(ctx.case, args.text, by=ctx.actor, at=ctx.now)
        ctx.tell(ctx.channel, Reply("failed", {"reference": "never said"}))
        raise ValueError(args.text)

    return registry


async def test_a_fault_is_rolled_back_and_told_with_a_reference_only(table: Conference, failing: Registry) -> None:
    room = await table.open_case()
    steps = len((await table.case(room)).steps)
    table.dispatcher = Dispatcher(failing, table.store, table.house, lambda: table.now)
    with capture_logs() as logs:
        said = await table.answer("ada", f"!fail {CANARY}", room=room)
    (line,) = logs
    assert line["event"] == "command failed"
    assert line["kind"] == "ValueError"
    assert line["reference"] in said
    assert CANARY not in str(logs)
    assert CANARY not in said
    case = await table.case(room)
    assert (case.all(Concern), len(case.steps)) == ([], steps)
    assert (await table.outcomes())[-1] == ("unknown", "failed")


async def test_a_failed_event_is_not_tried_again(table: Conference, failing: Registry) -> None:
    room = await table.open_case()
    table.dispatcher = Dispatcher(failing, table.store, table.house, lambda: table.now)
    with capture_logs():
        assert len(await table.say("ada", "!fail now", room=room, event_id="$bad")) == 1
        assert await table.say("ada", "!fail now", room=room, event_id="$bad") == []


async def test_a_command_is_told_from_talk_without_running_it(table: Conference) -> None:
    room = await table.open_case()
    room_id = f"!{room}:example.org"
    assert await table.dispatcher.is_meant(Incoming("$a", room_id, user("ada"), "!concern he was seen"))
    assert not await table.dispatcher.is_meant(Incoming("$b", room_id, user("ada"), "he was seen"))
    assert await concerns(table, room) == []


async def test_who_joins_together_gets_one_welcome_that_says_why(table: Conference) -> None:
    opened = await table.say(
        "cleo", "!case open why: not seen for weeks goal: a routine agencies: police, school", room="coordination"
    )
    room = next(s.channel for s in opened if s.channel.startswith("case:"))
    table.later(minutes=5)
    await table.comings.joined(f"!{room}:example.org", (user("ada"), user("hugo"), user("ada")), "join1")
    (welcome,) = await table.deliver()
    assert (welcome.channel, welcome.notice) == (room, True)
    assert welcome.text == (
        "Welcome Ada Jansen (Police), Hugo Peters (School).\n"
        "Why this table: not seen for weeks\n"
        "Goal: a routine\n"
        "You don't see what was written here before you joined.\n"
        "Type  !help  or  !status ."
    )
    case = await table.case(room)
    assert [m.user_id for m in case.present if m.joined_at == table.now] == [user("ada"), user("hugo")]
    assert [s.subject for s in case.steps if s.verb == "join"] == [user("ada"), user("hugo")]
    assert (await table.outcomes())[-2:] == [("join", "done")] * 2


async def test_nobody_is_welcomed_twice(table: Conference) -> None:
    room = await table.open_case()
    room_id = f"!{room}:example.org"
    await table.comings.joined(room_id, (user("ada"),), "join again")
    assert await table.deliver() == []
    table.later(minutes=1)
    await table.comings.left(room_id, user("ada"), "left1")
    await table.comings.left(room_id, user("ada"), "left1")
    assert len(await table.deliver()) == 1


async def test_a_stranger_is_removed_and_reported_by_reference(table: Conference) -> None:
    room = await table.open_case()
    await table.comings.joined(f"!{room}:example.org", ("@evil:example.org", user("bram")), "join1")
    (said,) = await table.deliver()
    ref = room.partition(":")[2]
    assert said.channel == "coordination"
    assert said.text.startswith(f"{ref}: 2 people who were not invited came into the room and are being removed.")
    assert "school" not in said
    assert table.removed == [(room, "@evil:example.org"), (room, user("bram"))]
    assert (await table.outcomes())[-1] == ("join", "case/not_a_member")


async def test_who_leaves_is_told_to_the_others_and_no_member_any_more(table: Conference) -> None:
    room = await table.open_case()
    await table.comings.left(f"!{room}:example.org", user("ada"), "left1")
    (said,) = await table.deliver()
    assert (said.channel, said.text) == (room, "Ada Jansen (Police) has left the room and with it the table.")
    case = await table.case(room)
    assert not case.is_member(user("ada"))
    assert [(s.verb, s.by) for s in case.steps][-1] == ("leave", user("ada"))
    await table.comings.left(f"!{room}:example.org", "@evil:example.org", "left2")
    assert await table.deliver() == []


async def test_comings_and_goings_elsewhere_mean_nothing(table: Conference) -> None:
    for room_id in ("!coordination:example.org", "!elsewhere:example.org"):
        await table.comings.joined(room_id, (user("ada"),), f"join {room_id}")
        await table.comings.left(room_id, user("ada"), f"left {room_id}")
    assert await table.deliver() == []
    assert await handled(table) == 0


async def test_a_case_room_without_its_case_is_left_alone(table: Conference) -> None:
    with table.store.update() as session:
        session.execute(sa.insert(tables.rooms).values(channel="case:ZZZ9", room_id="!lost:example.org"))
    await table.comings.joined("!lost:example.org", (user("ada"),), "join1")
    assert await table.deliver() == []


@pytest.mark.parametrize(
    ("code", "help_"),
    [
        ("plaintext", "was not encrypted"),
        ("no_identity", "no verified identity yet"),
        ("identity_changed", "call an admin"),
        ("unsigned_device", "Verify it in your app"),
        ("undecryptable", "could not read your message"),
        ("replayed", "did not act on it a second time"),
        ("bad_device", "from a verified device"),
    ],
)
async def test_who_is_not_trusted_is_told_once_what_to_do(table: Conference, code: str, help_: str) -> None:
    room = await table.open_case()
    for _ in range(2):
        await table.dispatcher.turned_away(f"!{room}:example.org", user("ada"), code, "away1")
    (said,) = await table.deliver()
    assert help_ in said
    assert said.mentions == (user("ada"),)
    assert (await table.outcomes())[-1] == ("unknown", f"trust/{code}")
    assert [o for _, o in await table.outcomes()].count(f"trust/{code}") == 1


async def test_nobody_is_turned_away_in_a_room_that_is_none_of_ours(table: Conference) -> None:
    await table.dispatcher.turned_away("!elsewhere:example.org", user("ada"), "plaintext", "away1")
    assert await table.deliver() == []


async def test_an_id_can_be_left_out_in_reply_to_a_card_in_ones_own_room(table: Conference) -> None:
    room = await table.open_case()
    said = await table.say("ada", "!request health was he seen? because: the plan", room=room)
    card = next(s for s in said if s.channel == "agency:health")
    table.later(minutes=1)
    answered = await table.say("finn", "nothing", room="agency:health", replies_to=card)
    assert {s.channel for s in answered} == {"agency:health", room}
    # The same card, replied to from another room, says nothing about what is meant there.
    assert await table.say("ada", "nothing", room="agency:police", replies_to=card) == []


async def test_a_fault_in_telling_of_a_fault_leaves_one_trace(table: Conference, failing: Registry) -> None:
    """The event was handled by another process meanwhile: nothing is said here."""
    room = await table.open_case()
    table.dispatcher = Dispatcher(failing, table.store, table.house, lambda: table.now)

    another = Store.open(database.url_of(table.store.engine), bytes(range(32)))

    @failing.command("race", needs=Permission.CONTRIBUTE, example="!race x")
    def race(args: Fail, ctx: Context) -> Reply:
        ctx.work.session.get_transaction().rollback()  # type: ignore[union-attr]  # the unit of work has one
        with another.work(causes.of_event("$race"), table.now) as other:
            assert "$race" in other.cause
        raise ValueError(args.text)

    with capture_logs():
        assert await table.say("ada", "!race x", room=room, event_id="$race") == []
    another.close()


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("!narrow A-1 in May?", "reading/wrong_kind", "“A-1” is not the id of a request. Type it like R-1."),
        ("!request circus x? because: w", "reading/nobody", "Nobody here has that name."),
        ("!request school x? because: w because: v", "reading/twice", "“because:” stands there twice."),
        (
            "!status please now",
            "reading/too_much",
            "There is more than this command takes. Type it like this:\n!status",
        ),
        ("!concern x kind: fcat", "reading/choice", "Did you mean  kind: fact ?\nChoose one: fact · opinion\nNothing"),
        ("!roundtable fri 10:00 for: 3 weeks", "reading/minutes", "At most 12 hours. Nothing was changed."),
        (
            "!request because: w",
            "reading/missing",
            "Almost: an agency or a person and a question are missing.\nNeeded: ",
        ),
        (
            "!request school x? because: w by: soon",
            "when/unreadable",
            "I can’t read that as a date. Type for example:",
        ),
        ("!request school x? because: w by: 31 feb", "when/impossible", "“31 feb” does not exist in the calendar"),
        (
            "!request school x? because: w by: 04/05/27",
            "when/ambiguous",
            "\n4 May 2027: type  2027-05-04\n5 April 2027",
        ),
        (
            "!request school x? because: w by: fri 09:00-12:00",
            "when/ambiguous",
            "can be read in more than one way.\nFri 6 Nov 2026, 09:00: type  2026-11-06 09:00\nFri 6 Nov 2026, 12:00",
        ),
        (
            "!request school x? because: w by: 2099-01-01",
            "when/far",
            "more than 5 years ahead. The last day that I take",
        ),
        ("!request school x? because: w by: today 08:00", "when/past", "is already past: Mon 2 Nov 2026, 08:00"),
        (
            "!request school x? because: w by: 2027-03-28 02:30",
            "when/skipped",
            "the clocks are put forward then.\nSun 28",
        ),
        (
            "!request school x? because: w by: 2027-10-31 02:30",
            "when/twice",
            "the clocks are put back then.\nSun 31 Oct",
        ),
        (
            "!concern x seen: tomorrow",
            "when/ahead",
            "“tomorrow” is still ahead: Tue 3 Nov 2026. Here a date in the past",
        ),
    ],
)
async def test_what_cannot_be_read_is_explained(table: Conference, text: str, code: str, words: str) -> None:
    room = await table.open_case()
    said = await table.answer("ada", text, room=room)
    assert (await table.outcomes())[-1][1] == code
    assert words in said
    assert "Nothing was" in said


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("!roundtable cancle M-1 because: half are ill", "roundtable cancel"),
        ("!roundtable strat M-1", "roundtable start"),
        ("!minutes corect M-1 it was Tuesday", "minutes correct"),
    ],
)
async def test_a_mistyped_second_word_gets_a_suggestion(table: Conference, typed: str, meant: str) -> None:
    room = await table.open_case()
    said = await table.answer("ada", typed, room=room)
    assert said.text.startswith(f"I don't know that word. Did you mean  !{meant} ?\n")
    assert "ill" not in said


@pytest.mark.parametrize("typed", ["!roundtable fri 25:00", "!roundtable starting soon"])
async def test_a_date_that_is_wrong_is_told_as_a_date(table: Conference, typed: str) -> None:
    room = await table.open_case()
    said = await table.answer("ada", typed, room=room)
    assert "Type for example:" in said


@pytest.mark.parametrize("text", ["!concern he left", "@roundtable concern he left", "accept"])
async def test_a_command_under_a_picture_is_told_to_be_typed(table: Conference, text: str) -> None:
    room = await table.open_case()
    card = await table.answer("dirk", "!action visit him for: police by: 20 nov", room=room)
    reply = card.event_id if text == "accept" else None
    caption = replace(table.incoming("ada", text, room, "$picture"), is_caption=True, replies_to=reply)
    await table.dispatcher.handle(caption)
    (said,) = await table.deliver()
    assert "Please type it again as a message of its own." in said
    assert (await table.outcomes())[-1] == ("unknown", "dispatch/caption")


@pytest.mark.parametrize("text", ["his bicycle", "done soon", "IMG_1.jpg"])
async def test_other_words_under_a_picture_are_talk(table: Conference, text: str) -> None:
    room = await table.open_case()
    card = await table.answer("dirk", "!action visit him for: police by: 20 nov", room=room)
    before = await table.outcomes()
    caption = replace(table.incoming("ada", text, room, "$picture"), is_caption=True, replies_to=card.event_id)
    await table.dispatcher.handle(caption)
    assert await table.deliver() == []
    assert await table.outcomes() == before


async def test_a_reply_to_the_card_of_what_was_deleted_is_told_so(table: Conference) -> None:
    room = await table.open_case()
    card = await table.answer("dirk", "!request police any calls? because: the plan", room=room)
    await table.say("dirk", "!undo", room=room)
    said = await table.answer("ada", "answer three calls", room=room, replies_to=card)
    assert said.text.startswith("R-1 is off the file: it was deleted, or taken back.")
    assert "three" not in said.text

import pytest
import sqlalchemy as sa

from chat.render import fours
from commands.trust.watch import Watch
from storage import pins, tables
from storage.pins import StoredPins
from tests.room import Conference, user

KNOWN, OTHER, THIRD = "K" * 43, "xQ4rTm1e" + "o" * 35, "T" * 43


@pytest.fixture
def watch(table: Conference) -> Watch:
    return Watch(table.store, table.house, lambda: table.now)


@pytest.fixture
async def known(table: Conference) -> StoredPins:
    """Ada's identity is known, and she shows another one."""
    made = StoredPins(table.store, lambda: table.now)
    await made.pin(user("ada"), KNOWN)
    await made.offer(user("ada"), OTHER)
    return made


async def approved(table: Conference, text: str) -> str:
    return (await table.answer("kees", f"!identity approve {text}", room="admin")).text


async def test_an_approved_identity_is_pinned_and_written_down(table: Conference, known: StoredPins) -> None:
    said = await approved(table, f"Ada Jansen key: {OTHER}")
    assert said == (
        "Ada Jansen (Police): the new identity is approved.\n"
        "xQ4r Tm1e oooo oooo oooo oooo oooo oooo oooo oooo ooo\n"
        "Tell them to type again what I did not act on."
    )
    assert await known.pinned(user("ada")) == OTHER
    assert (await table.outcomes())[-1] == ("identity approve", "done")
    assert "there is nothing to approve" in await approved(table, "Ada Jansen")


@pytest.mark.parametrize(
    "key",
    ["", " key: x", " key: xQ4r Tm1e", f" key: {OTHER[:-1]}", f" key: {OTHER}o", f" key: {OTHER.lower()}", " key: é"],
)
async def test_the_whole_key_is_needed(table: Conference, known: StoredPins, key: str) -> None:
    said = await approved(table, f"Ada Jansen{key}")
    assert f"!identity approve @ada:example.org key: {OTHER}\nNothing was changed." in said
    assert await known.pinned(user("ada")) == KNOWN
    assert (await table.outcomes())[-1][1] in {"identity/which", "reading/missing"}


async def test_the_key_may_be_typed_in_groups(table: Conference, known: StoredPins) -> None:
    await approved(table, f"{user('ada')} key: {fours(OTHER)}")
    assert await known.pinned(user("ada")) == OTHER


async def test_of_two_identities_the_last_is_approved_only_by_name(table: Conference, known: StoredPins) -> None:
    await known.offer(user("ada"), None)
    await known.offer(user("ada"), THIRD)
    assert f"!identity approve @ada:example.org key: {THIRD}" in await approved(table, "Ada Jansen")
    assert "Nothing was changed." in await approved(table, f"Ada Jansen key: {OTHER}")
    assert await known.pinned(user("ada")) == KNOWN
    assert (await table.outcomes())[-1] == ("identity approve", "identity/which")
    await approved(table, f"Ada Jansen key: {THIRD}")
    assert await known.pinned(user("ada")) == THIRD


async def test_whoever_shows_the_known_identity_again_needs_no_approval(table: Conference, known: StoredPins) -> None:
    await known.offer(user("ada"), None)
    assert "there is nothing to approve" in await approved(table, "Ada Jansen")
    assert await known.pinned(user("ada")) == KNOWN


@pytest.mark.parametrize(("who", "room"), [("cleo", "coordination"), ("ada", "agency:police"), ("cleo", "admin")])
async def test_nobody_but_an_admin_approves(table: Conference, known: StoredPins, who: str, room: str) -> None:
    await table.answer(who, "!identity approve Ada Jansen", room=room)
    assert await known.pinned(user("ada")) == KNOWN


async def test_identities_that_wait_are_listed(table: Conference, known: StoredPins) -> None:
    said = await table.answer("kees", "!identity list", room="admin")
    assert said.text == (
        "1 person waits for an admin.\n"
        f"Ada Jansen (Police):  !identity approve @ada:example.org key: {OTHER}\n"
        "Ask them first, on a number that you know already."
        " Better: let them verify me in their app, and type  !verify same PERSON"
    )
    await approved(table, f"Ada Jansen key: {OTHER}")
    assert (await table.answer("kees", "!identity list", room="admin")).text == "Nobody’s identity waits for you."


async def test_the_audit_log_is_looked_through(table: Conference) -> None:
    await table.open_case()
    said = await table.answer("kees", "!audit verify", room="admin")
    assert said.text == "The audit log is whole: no line was changed, removed or moved."
    with table.store.update() as session:
        session.execute(sa.update(tables.audit).where(tables.audit.c.id == 2).values(actor="somebody"))
    assert "Line 2 was changed" in await table.answer("kees", "!audit verify", room="admin")


async def test_health_counts_and_names_lost_rooms_by_reference(
    table: Conference, known: StoredPins, watch: Watch
) -> None:
    channel = await table.open_case()
    await watch.room_lost(f"!{channel}:example.org", "removed", "lost 1")
    said = await table.answer("kees", "!health", room="admin")
    assert "1 changed identity waits for you (!identity list)." in said
    assert f"Lost rooms: {channel.replace(':', ' ')}" in said


async def test_a_lost_room_hears_nothing_until_the_case_has_another(table: Conference, watch: Watch) -> None:
    channel = await table.open_case()
    ref = channel.partition(":")[2]
    for _ in range(2):
        await watch.room_lost(f"!{channel}:example.org", "encryption", "lost 1")
    (reported,) = await table.deliver()
    assert reported.channel == "coordination"
    assert reported.mentions == (user("cleo"),)
    assert reported.text == (
        f"{ref}: its room is not safe any more.\n"
        "Its encryption was changed, and not by me. I say nothing more there; what I have to say waits.\n"
        "Tell everybody, by telephone, not to write there any more; an admin finds out who did it.\n"
        f"To go on in a new room:  !case reroom {ref} because: REASON"
    )
    assert await table.say("ada", "!concern unheard", room=channel) == []
    await table.say("cleo", f"!case release {ref} Hugo Peters because: w", room="coordination")
    assert [s for s in table.heard if s.channel == channel and "Hugo" in s and "released" in s] == []
    invited = len(table.invited)
    said = await table.say("cleo", f"!case reroom {ref} because: the old one is not safe", room="coordination")
    assert {s.channel for s in said} == {"coordination", channel}
    case = await table.case(channel)
    assert [person for _, person in table.invited[invited:]] == [m.user_id for m in case.present]
    assert user("hugo") not in {m.user_id for m in case.present}
    assert [m for m in case.present if m.joined_at] == []
    assert "C-1" in await table.answer("ada", "!concern heard", room=channel)


async def test_only_an_open_case_gets_another_room(table: Conference) -> None:
    said = await table.answer("cleo", "!case reroom ZZZZ because: w", room="coordination")
    assert "There is no case with this reference." in said


async def test_a_changed_identity_is_told_to_the_admins_once(table: Conference, watch: Watch) -> None:
    for _ in range(2):
        await watch.identity_changed(user("ada"), OTHER)
    (asked,) = await table.deliver()
    assert (asked.channel, asked.mentions) == ("admin", (user("kees"),))
    assert "Ada Jansen (Police) shows another identity" in asked
    assert f"!identity approve @ada:example.org key: {OTHER}\n" in asked
    for _ in range(20):
        await watch.identity_changed(user("ada"), THIRD)
        await watch.identity_changed(user("ada"), OTHER)
    assert await table.deliver() == []
    table.later(days=1)
    for number in range(20):
        await watch.identity_changed(user("ada"), THIRD)
        await watch.identity_changed(user("ada"), f"{number:043}")
    (again,) = await table.deliver()
    assert THIRD in again
    assert await table.outcomes() == [("identity", "trust/identity_changed")] * 2


async def test_an_identity_that_is_shown_again_after_another_was_approved_is_told(
    table: Conference, watch: Watch, known: StoredPins
) -> None:
    await watch.identity_changed(user("ada"), OTHER)
    await table.deliver()
    await approved(table, f"Ada Jansen key: {OTHER}")
    table.later(days=1)
    await watch.identity_changed(user("ada"), KNOWN)
    await table.deliver()
    table.later(days=1)
    await watch.identity_changed(user("ada"), OTHER)
    assert OTHER in (await table.deliver())[0]


async def test_emoji_that_are_the_same_approve_exactly_that_identity(
    table: Conference, watch: Watch, known: StoredPins
) -> None:
    await watch.comparing(user("ada"), "🐶 Dog", OTHER)
    card, told = await table.deliver()
    assert "If it is the same, you approve it: xQ4r Tm1e" in card
    assert (told.channel, told.mentions) == (f"direct:{user('ada')}", (user("ada"),))
    assert "An admin will call you" in told
    assert "Dog" not in told
    await watch.identity_proven(user("ada"), OTHER)
    assert "the new identity is approved" in (await table.deliver())[0]
    assert await known.pinned(user("ada")) == OTHER
    assert "Nobody’s identity waits for you." in await table.answer("kees", "!identity list", room="admin")
    assert ("identity approve", "done") in await table.outcomes()


async def test_an_identity_of_nobody_we_know_is_only_written_down(table: Conference, watch: Watch) -> None:
    await watch.identity_changed("@mallory:elsewhere.org", OTHER)
    assert await table.deliver() == []
    assert await table.outcomes() == [("identity", "trust/identity_changed")]


async def test_the_bots_own_identity_is_everybodys_alarm(table: Conference, watch: Watch) -> None:
    await watch.identity_changed(table.house.bot_id, OTHER)
    (alarm,) = await table.deliver()
    assert alarm.text.startswith("My own identity was replaced, and not by me.")


async def test_an_admin_who_comes_is_shown_the_bots_identity_once(table: Conference, watch: Watch) -> None:
    for _ in range(2):
        await watch.admin_came([user("ada"), user("kees")])
    (shown,) = await table.deliver()
    assert shown.channel == "admin"
    assert "this is my identity" in shown


async def test_who_cannot_read_is_told_once_a_day(table: Conference, watch: Watch) -> None:
    channel = await table.open_case()
    for _ in range(2):
        await watch.unreachable(channel, {user("ada"): "unsigned_device", user("dirk"): "bad_device"})
    first, second = await table.deliver()
    assert first.mentions == (user("ada"),)
    assert first.text == (
        "Ada Jansen (Police): you can’t read what I write here.\n"
        "None of your devices is verified. Verify the one that you use with your recovery key or from another device.\n"
        "Whoever reads this: please tell them."
    )
    assert "I know no device of yours." in second
    table.later(days=1)
    await watch.unreachable(channel, {user("ada"): "unsigned_device"})
    assert len(await table.deliver()) == 1


async def test_who_has_a_device_that_is_not_verified_is_told_once_for_it_and_at_most_once_a_day(
    table: Conference, watch: Watch
) -> None:
    first, second = await table.open_case(), await table.open_case()
    for channel in (first, second):
        await watch.unsigned(channel, {user("ada"): frozenset({"TABLET"})})
    (said,) = await table.deliver()
    assert (said.channel, said.mentions) == (first, (user("ada"),))
    assert said.text.startswith("Ada Jansen (Police): one of your devices is not verified.\n")
    assert "TABLET" not in said.text
    # A homeserver may invent as many as it likes.
    await watch.unsigned(second, {user("ada"): frozenset({"TABLET", "LAPTOP"})})
    assert await table.deliver() == []
    table.later(days=1)
    for _ in range(2):
        await watch.unsigned(second, {user("ada"): frozenset({"TABLET", "LAPTOP"})})
    assert [said.channel for said in await table.deliver()] == [second]
    table.later(days=1)
    await watch.unsigned(second, {user("ada"): frozenset({"LAPTOP"})})
    assert await table.deliver() == []


async def test_another_device_of_the_bot_is_the_admins_concern(table: Conference, watch: Watch) -> None:
    for _ in range(2):
        await watch.unsigned("admin", {watch._house.bot_id: frozenset({"ELSEWHERE"})})
    (said,) = await table.deliver()
    assert (said.channel, said.mentions) == ("admin", (user("kees"),))
    assert "Another device is signed in as me" in said


async def test_nobody_is_told_of_unverified_devices_without_end(table: Conference, watch: Watch) -> None:
    channel = await table.open_case()
    await watch.unsigned(channel, {user("ada"): frozenset(map(str, range(100)))})
    assert len(await table.deliver()) == 1
    table.later(days=1)
    await watch.unsigned(channel, {user("ada"): frozenset({"another"})})
    assert await table.deliver() == []


async def test_a_room_that_moved_is_told_by_reference(table: Conference, watch: Watch) -> None:
    channel = await table.open_case()
    invited = len(table.invited)
    await watch.room_moved(f"!{channel}:example.org", "!new:example.org", "moved 1")
    said = await table.deliver()
    assert [s.channel for s in said] == [channel, "coordination"]
    assert len(table.invited) - invited == len((await table.case(channel)).present)
    with table.store.look() as find:
        assert find.channel("!new:example.org") == channel
        assert find.channel(f"!{channel}:example.org") is None


async def test_a_room_of_nobody_is_nobodys_loss(table: Conference, watch: Watch) -> None:
    await watch.room_lost("!other:example.org", "removed", "lost 1")
    await watch.room_moved("!other:example.org", "!new:example.org", "moved 1")
    assert await table.deliver() == []


@pytest.mark.parametrize(
    ("channel", "where"), [("agency:police", "admin"), ("coordination", "admin"), ("admin", "coordination")]
)
async def test_the_loss_of_a_room_is_told_in_another(table: Conference, watch: Watch, channel: str, where: str) -> None:
    await watch.room_lost(f"!{channel}:example.org", "power_levels", "lost 1")
    (said,) = await table.deliver()
    assert (said.channel, said.mentions) == (where, (user("kees"),))
    assert "!case reroom" not in said


async def test_a_stranger_in_an_agencys_room_is_removed_and_reported(table: Conference, watch: Watch) -> None:
    for _ in range(2):
        await watch.stranger_came("agency:police", "@mallory:example.org", "stranger 1")
    (said,) = await table.deliver()
    assert (said.channel, said.mentions) == ("admin", (user("kees"),))
    assert said.text == (
        "Police: somebody came into the room of this agency who does not belong there, and is being removed:"
        " @mallory:example.org\nPlease find out how that came about. Who belongs where, the agencies file says."
    )
    assert table.removed == [("agency:police", "@mallory:example.org")]
    await watch.stranger_came("coordination", "@mallory:example.org", "stranger 2")
    assert "Somebody came into the coordination room" in (await table.deliver())[0]


async def test_everybody_is_told_whom_to_believe(table: Conference) -> None:
    for who, room in (("ada", "agency:police"), ("cleo", "coordination"), ("kees", "admin")):
        said = await table.answer(who, "!help trust", room=room)
        assert said.text.startswith("Whom to believe\nI act only on encrypted messages")


async def test_seen_identities_are_few(table: Conference, known: StoredPins) -> None:
    for number in range(20):
        await known.offer(user("ada"), f"{number:043}")
    with table.store.look() as find:
        offer = (pins.offers(find))[user("ada")]
    assert (offer.now, len(offer.seen)) == (f"{19:043}", pins.MOST_SEEN)

"""The board of a case: what everybody in its room may read, signed, in order, and taken away with what was erased."""

import base64
import json
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bot.matrix.content import BOARD, as_edit, content_of
from cases.scheme import Scheme
from chat.registry import commands
from commands.board import signing
from commands.board.parts import list_columns
from commands.card.jobs import post_card
from storage import tables
from storage.outbox import Row
from tests.room import Conference, Said, user

Board = dict[str, Any]


@pytest.fixture
async def boarded(table: Conference) -> Conference:
    """The same conference, where boards are on."""
    return Conference(table.store, replace(table.house, has_board=True))


def opened(card: Said, table: Conference) -> Board:
    """The board of a card, if the bot signed it."""
    assert card.board
    packed = base64.b64decode(card.board["board"])
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(signing.public_key(table.store)))
    key.verify(base64.b64decode(card.board["signature"]), signing.PURPOSE + packed)
    board: Board = json.loads(zlib.decompress(packed))
    return board


async def look(table: Conference) -> Board:
    """The board as it stands in the room now."""
    post_card(table.sweeps.begin())
    await table.deliver()
    return opened(table.cards[-1], table)


def entries(board: Board) -> dict[str, Board]:
    return {entry["id"]: entry for column in board["columns"] for entry in column["entries"]}


def moves(board: Board) -> Iterator[Board]:
    yield from (move for head in board["heads"] for move in head["moves"])
    for column in board["columns"]:
        yield from column["moves"]
        yield from (move for entry in column["entries"] for move in entry["moves"])
    for meeting in board["meetings"]:
        yield from meeting["moves"]
        yield from (move for point in meeting["points"] for move in point["moves"])


async def fill(table: Conference) -> str:
    """A case with something of everything; its channel."""
    room = await table.open_case()
    await table.say("ada", "!request health was he seen? because: the plan by: fri 12:00", room=room)
    await table.say("ada", "!action visit the family for: social by: wed 12:00", room=room)
    await table.say("dirk", "!decide one calls him because: five made him hide", room=room)
    await table.say("cleo", "!roundtable thu 15:00 about: back to school", room=room)
    await table.say("ada", "!agenda M-1 the part-time timetable for: 10m", room=room)
    return room


async def test_the_board_says_what_the_status_says(boarded: Conference) -> None:
    table = boarded
    room = await fill(table)
    await table.say("finn", "!agree D-1", room=room)
    table.later(days=2, hours=3)
    status = await table.answer("ada", "!status", room=room)
    board = await look(table)
    assert board["ref"] == room.partition(":")[2]
    assert board["goal"] == "a safe routine again"
    assert board["heads"][0]["lines"] == [
        "Phase: gather",
        "Whose move: Police, Social services, Health service, School, Youth work",
    ]
    assert "Phase: gather" in status
    counts = {column["title"]: column["counts"] for column in board["columns"]}
    assert counts == {
        "Questions": [["open", 1]],
        "Actions": [["proposed", 1]],
        "Decisions": [["proposed", 1]],
        "Referrals": [],
        "Urgent calls": [],
        "Disagreements": [],
    }
    assert "Requests: 1 open" in status
    assert "Actions: 1 proposed · 1 late" in status
    assert {record: (e["words"], e["whose"], e["due"], e["late"]) for record, e in entries(board).items()} == {
        "R-1": ("was he seen?", ["Health service"], "Fri 6 Nov 2026", False),
        "A-1": ("visit the family", ["Social services"], "Wed 4 Nov 2026", True),
        "D-1": ("one calls him", [], None, False),
    }
    assert "Decisions: D-1 proposed (3 agencies have not said where they stand)" in status
    assert entries(board)["D-1"]["positions"] == [
        ["agrees", ["Social services", "Health service"]],
        ["has not said", ["Police", "School", "Youth work"]],
    ]
    (meeting,) = board["meetings"]
    assert f"Next round table: {meeting['id']}, {meeting['at']}" in status
    assert [(point["words"], point["minutes"]) for point in meeting["points"]] == [("the part-time timetable", 10)]
    assert board["timeline"][0] == ["Mon 2 Nov 10:00", "Finn de Boer", "Health service", "agrees with D-1"]


async def test_boards_are_numbered_and_name_the_one_before_and_their_room(boarded: Conference) -> None:
    table = boarded
    room = await table.open_case()
    first = await look(table)
    await table.say("ada", "!concern he sleeps badly kind: fact", room=room)
    second = await look(table)
    assert await look(table) == second
    await table.say("ada", "!action visit him for: police by: fri 12:00", room=room)
    third = await look(table)
    assert [b["number"] - first["number"] for b in (first, second, third)] == [0, 1, 2]
    assert [b["before"] for b in (first, second, third)] == [
        "",
        *(signing.digest(c.board or {}) for c in table.cards[:2]),
    ]
    assert {b["room"] for b in (first, second, third)} == {f"!{room}:example.org"}
    assert len(table.cards) == 3


async def test_a_newer_board_takes_the_one_before_out_of_the_room(boarded: Conference) -> None:
    table = boarded
    room = await table.open_case()
    for number in range(4):
        await table.say("ada", f"!concern number {number} kind: fact", room=room)
        await look(table)
    card, first, second, newest = table.cards
    assert table.retracted == [(room, first.event_id), (room, second.event_id)]
    table.later(days=31)
    await look(table)
    assert [event for _, event in table.retracted[2:]] == [card.event_id, newest.event_id]


async def test_each_card_is_edited_once_so_that_apps_find_its_board_by_what_is_pinned(boarded: Conference) -> None:
    table = boarded
    await table.open_case()
    first = await look(table)
    for number in (1, 1, 1):
        table.later(minutes=15)
        assert (await look(table))["number"] - first["number"] == number
    assert len(table.cards) == 2


async def test_another_key_signs_nothing_of_ours(boarded: Conference) -> None:
    table = boarded
    await table.open_case()
    await look(table)
    forged = dict(table.cards[-1].board or {})
    forged["board"] = base64.b64encode(zlib.compress(b'{"goal":"another"}')).decode()
    with pytest.raises(InvalidSignature):
        opened(replace(table.cards[-1], board=forged), table)


async def test_the_key_is_kept_and_sealed(boarded: Conference) -> None:
    key = signing.public_key(boarded.store)
    assert signing.public_key(boarded.store) == key
    with boarded.store.look() as find:
        kept = find.setting(signing.KEY)
    assert kept
    assert key not in kept


async def test_where_boards_are_off_a_card_holds_none(table: Conference) -> None:
    await table.open_case()
    post_card(table.sweeps.begin())
    await table.deliver()
    assert [card.board for card in table.cards] == [None]


async def test_what_a_newcomer_may_not_read_has_no_words_for_anybody(boarded: Conference) -> None:
    table = boarded
    room = await table.open_case(agencies="police")
    await table.say("ada", "!action talk to the uncle for: police by: fri 12:00", room=room)
    await table.say("ada", "!roundtable thu 15:00 about: the uncle", room=room)
    assert entries(await look(table))["A-1"]["words"] == "talk to the uncle"
    ref = room.partition(":")[2]
    await table.say("cleo", f"!case invite {ref} Finn de Boer because: he is ill", room="coordination")
    await table.say("ada", "!action visit him for: police by: fri 12:00", room=room)
    board = await look(table)
    assert [entries(board)[record]["words"] for record in ("A-1", "A-2")] == [None, "visit him"]
    assert "uncle" not in json.dumps(board)
    assert [what for *_, what in board["timeline"]] == ["proposed an action (A-2)", "invited Finn de Boer"]
    await table.say("ada", "!brief Finn de Boer", room=room)
    assert entries(await look(table))["A-1"]["words"] == "talk to the uncle"


async def test_what_is_for_some_agencies_is_neither_shown_nor_asked_for_before_all(boarded: Conference) -> None:
    table = boarded
    room = await table.open_case()
    await table.say("ada", "!request health was he seen? because: the plan see: social", room=room)
    await table.say("ada", "!request health his weight? because: the plan", room=room)
    labels = {record: [move["label"] for move in e["moves"]] for record, e in entries(await look(table)).items()}
    assert labels["R-1"] == ["Ask more narrowly", "Take back"]
    assert "Answer" in labels["R-2"]
    await table.say("finn", "!answer R-1 a canary, twice", room="agency:health")
    board = await look(table)
    assert entries(board)["R-1"]["state"] == "answered"
    assert "canary" not in json.dumps(board)


async def test_what_is_deleted_goes_from_the_room_with_every_board_that_held_it(boarded: Conference) -> None:
    table = boarded
    room = await table.open_case()
    await table.say("ada", "!action talk to the uncle for: police by: fri 12:00", room=room, event_id="$said")
    await look(table)
    await table.say("ada", "!action visit him for: police by: fri 12:00", room=room)
    held = await look(table)
    assert "uncle" in json.dumps(held)
    table.later(minutes=1)
    await table.deleting.deleted(f"!{room}:example.org", user("ada"), "$said", "$deleted")
    await table.deliver()
    board = await look(table)
    assert "uncle" not in json.dumps(board)
    assert board["number"] > held["number"]
    assert {(room, card.event_id) for card in table.cards[:-1]} <= set(table.retracted)


async def test_after_a_restore_the_board_goes_on_with_larger_numbers(boarded: Conference) -> None:
    table = boarded
    room = await table.open_case()
    await look(table)
    ref = room.partition(":")[2]
    for line in range(3):
        await table.say("ada", f"!concern number {line} kind: fact", room=room)
        lost = await look(table)
    # The file is as it was before the last two: what the room heard since is known to nobody.
    table.later(minutes=5)
    with table.store.work("$restored", table.now) as work:
        case = work.find.case(ref)
        assert case
        case.leave_a_gap(by=table.house.bot, at=table.now)
        kept = json.loads(work.find.setting(f"card {ref}") or "")
        work.keep(f"card {ref}", json.dumps(kept | {"number": kept["number"] - 2}))
        work.outcome = "done"
    board = await look(table)
    assert board["number"] > lost["number"]


@pytest.mark.parametrize("letter", ["a", "ж", "😀"])
async def test_a_board_fits_beside_any_text(boarded: Conference, letter: str) -> None:
    table = boarded
    room = await table.open_case()
    words = " ".join(f"{letter * 30}{number}" for number in range(60))
    for number in range(25):
        await table.say("ada", f"!action {number} {words} for: police by: fri 12:00", room=room)
        await table.say("ada", f"!request health {number} {words} because: x", room=room)
    table.later(minutes=1)
    await look(table)
    await table.say("ada", "!concern he sleeps badly kind: fact", room=room)
    board = await look(table)
    assert_fits(table)
    assert sum(len(column["entries"]) for column in board["columns"]) > 0


async def test_a_long_goal_leaves_room_for_the_board(boarded: Conference) -> None:
    table = boarded
    goal = "😀 " * 3_900
    await table.say("cleo", f"!case open why: w goal: {goal} agencies: police", room="coordination")
    room = next(where for where, _ in table.invited if where.startswith("case:"))
    await table.comings.joined(f"!{room}:example.org", tuple(person for _, person in table.invited), "join")
    await table.deliver()
    await look(table)
    await table.say("ada", "!action visit him for: police by: fri 12:00", room=room)
    board = await look(table)
    assert "A-1" in entries(board)
    assert_fits(table)


def assert_fits(table: Conference) -> None:
    """Each card, or edit, is smaller than the largest event once it is encrypted."""
    for card in table.cards:
        row = Row(
            1, "t", card.channel, "message", None, "K7QF", None, table.now, card.text, card.html, board=card.board
        )
        content = as_edit(content_of(row), "$original") if card is not table.cards[0] else content_of(row)
        plain = json.dumps({"type": "m.room.message", "room_id": "!r", "content": content}, ensure_ascii=False)
        assert len(plain.encode()) * 4 / 3 < 63_000


async def test_an_edit_holds_the_board_once(boarded: Conference) -> None:
    row = Row(
        1, "t", "case:K7QF", "message", None, "K7QF", None, boarded.now, "a", "a", board={"board": "", "signature": ""}
    )
    content = as_edit(content_of(row), "$original")
    assert BOARD not in content
    assert content["m.new_content"][BOARD] == row.board  # type: ignore[index]


async def test_every_move_is_a_command_that_is_understood(boarded: Conference) -> None:
    table = boarded
    room = await fill(table)
    await table.say("cleo", "!roundtable plan thu 10:00 | fri 14:00", room=room)
    await table.say("cleo", "!roundtable tue 15:00", room=room)
    boards = [await look(table)]
    await table.say("cleo", "!roundtable start M-3", room=room)
    boards.append(await look(table))
    lines = {line_of(move): move["for"] for board in boards for move in moves(board)}
    assert len(lines) > 40
    who_of = {
        short: who for who, short in (("ada", "police"), ("dirk", "social"), ("finn", "health"), ("hugo", "school"))
    }
    for line, whom in lines.items():
        allowed = whom[0] if whom else user("cleo")
        who = allowed[1:].partition(":")[0] if allowed.startswith("@") else who_of[allowed]
        before = len(await table.outcomes())
        await table.say(who, line, room=room)
        codes = [code for _, code in (await table.outcomes())[before:]]
        assert codes, line
        assert not [code for code in codes if code.startswith(("reading/", "dispatch/"))], (line, codes)


def line_of(move: Board) -> str:
    """What is said when everything that is asked for is filled in."""
    typed = [(field, example_of(field)) for field in move["asks"]]
    return " ".join([move["says"], *(f"{f['key']}: {value}" if f["key"] else value for f, value in typed)])


def example_of(field: Board) -> str:
    if field["choices"] == "names":
        return "school"
    if field["choices"]:
        return str(field["choices"][0][0])
    is_date = field["key"] in {"by", "review"} or field["is"] in {"the new date", "until when"}
    return "20 nov 12:00" if is_date else "two words"


def test_every_offer_of_a_column_is_a_command() -> None:
    assert [
        offer.command for column in list_columns() for offer in column.offers if offer.command not in commands.commands
    ] == []


async def test_the_board_is_in_the_language_of_the_room(table: Conference) -> None:
    schemes = {table.house.scheme: Scheme(language="nl")}
    table = Conference(table.store, replace(table.house, has_board=True, schemes=schemes))
    await fill(table)
    board = await look(table)
    assert board["language"] == "nl"
    assert [column["title"] for column in board["columns"]] == [
        *("Vragen", "Acties", "Besluiten", "Verwijzingen", "Dringende oproepen", "Meningsverschillen"),
    ]
    assert entries(board)["A-1"]["due"] == "wo 4 nov 2026"
    assert board["timeline"][0] == ["ma 2 nov 10:00", "Ada Jansen", "Police", "zette een punt op de agenda van M-1"]
    labels = {move["label"] for move in moves(board)}
    assert {"Aannemen", "Gedaan"} <= labels


async def test_a_closed_case_has_no_moves(boarded: Conference) -> None:
    table = boarded
    room = await table.open_case()
    await table.say("ada", "!request health was he seen? because: the plan by: fri 12:00", room=room)
    await look(table)
    await table.say("finn", "!nothing R-1", room=room)
    await table.say("cleo", "!close because: he is well owner: police informed: he was told", room=room)
    await table.sweeps.follow()
    await table.deliver()
    board = opened(table.cards[-1], table)
    assert board["closed"] == "Mon 2 Nov 2026"
    assert list(moves(board)) == []


async def test_nothing_of_a_board_is_kept_once_it_was_said(boarded: Conference) -> None:
    table = boarded
    await fill(table)
    await look(table)
    with table.store.update() as connection:
        bodies = connection.execute(tables.outbox.select().where(tables.outbox.c.sent_at.is_not(None))).all()
    assert {len(row.body) for row in bodies} == {31}

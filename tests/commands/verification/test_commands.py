import pytest

from commands.trust.watch import Watch
from storage import answers
from storage.answers import Answer
from tests.room import Conference, Said, user

SHOWN = "🐶 Dog  🔑 Key"


@pytest.fixture
def watch(table: Conference) -> Watch:
    return Watch(table.store, table.house, lambda: table.now)


async def shown(table: Conference, watch: Watch) -> Said:
    await watch.comparing(user("ada"), SHOWN)
    card, told = await table.deliver()
    # Whose device it is hears what to do, and not what the bot sees.
    assert (told.channel, told.mentions) == (f"direct:{user('ada')}", (user("ada"),))
    assert SHOWN not in told.text + told.html
    return card


async def test_the_admins_are_asked_to_compare_with_the_person(table: Conference, watch: Watch) -> None:
    card = await shown(table, watch)
    assert (card.channel, card.mentions) == ("admin", (user("kees"),))
    assert card.text == (
        "Ada Jansen (Police) verifies me now.\n"
        f"I see: {SHOWN}\n"
        "Call Ada Jansen and ask what stands there. Only if it is the same, in the same order:\n"
        "!verify same Ada Jansen\n"
        "Otherwise:  !verify different Ada Jansen"
    )


@pytest.mark.parametrize(("word", "same"), [("same", True), ("different", False)])
async def test_what_an_admin_answers_is_about_what_was_shown(
    table: Conference, watch: Watch, word: str, *, same: bool
) -> None:
    await shown(table, watch)
    said = await table.answer("kees", f"!verify {word} Ada Jansen", room="admin")
    assert "Thank you." in said
    (answer,) = answers.take(table.store)
    assert answer == Answer(user("ada"), SHOWN, same, answer.cause)
    assert answers.take(table.store) == []


async def test_there_is_nothing_to_compare_before_somebody_begins_and_after_it_ended(
    table: Conference, watch: Watch
) -> None:
    assert "nothing to compare" in await table.answer("kees", "!verify same Ada", room="admin")
    await shown(table, watch)
    await watch.verification_ended(user("ada"))
    (ended,) = await table.deliver()
    assert "did not come to its end: Ada Jansen (Police)." in ended
    assert "nothing to compare" in await table.answer("kees", "!verify same Ada", room="admin")
    assert answers.take(table.store) == []
    await watch.verification_ended(user("ada"))
    assert await table.deliver() == []


async def test_only_an_admin_in_the_admin_room_answers(table: Conference, watch: Watch) -> None:
    await shown(table, watch)
    said = await table.answer("cleo", "!verify same Ada", room="coordination")
    assert "Nothing was changed" in said
    assert answers.take(table.store) == []


async def test_the_end_and_an_answer_that_came_too_late_are_told(table: Conference, watch: Watch) -> None:
    await watch.verified(user("ada"), signed=True)
    await watch.verification_gone(user("ada"), "$late")
    done, gone = await table.deliver()
    assert done.text == "Ada Jansen (Police) has verified me. I vouch for them, too."
    assert gone.text.startswith("What you compared is no longer under way: Ada Jansen (Police).")

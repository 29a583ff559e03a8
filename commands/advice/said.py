"""What people reply to a question for advice, and to what is to leave the room."""

import re

from cases.roles import Place
from chat.registry import commands
from chat.said import STILL_TO_COME, Sayings, is_courtesy
from storage.find import Card, Find, place_of

_ANSWERS = re.compile(r"[!/]?(?:answer|advise|advice|antwoord|advies)\b[\s:,.-]*", re.IGNORECASE)


def read_answer(find: Find, sender: str, said: str, card: Card) -> str | None:
    """Behind the word ``answer``, in reply to the card of a question where it was asked: the advice."""
    del find, sender
    asked = (card.subject or "").startswith("V-") and place_of(card.channel) in {Place.STEERING, Place.COMMITTEE}
    begins = _ANSWERS.match(said) if asked else None
    if begins is None or said[begins.end() :].startswith(str(card.subject)):
        return None
    return f"advise {card.subject} {said[begins.end() :]}".rstrip()


def _may_advise(text: str) -> bool:
    """Whether a reply may be the advice, and is asked about: it tells something, and asks nothing."""
    return "?" not in text and not STILL_TO_COME.search(text) and not is_courtesy(text)


commands.replies.append(read_answer)
commands.say(
    "send",
    Sayings(
        also=("verstuur", "stuur"),
        nearly=("sent", "please send", "go ahead"),
        instead=("submit", "forward", "versturen"),
        assent="",
        about="V",
    ),
)
commands.say(
    "advise",
    Sayings(
        also=("adviseer",),
        instead=("answer", "reply", "adviseren"),
        about="V",
        answers=lambda text: False if _may_advise(text) else None,
    ),
)
commands.say("advice", Sayings(also=("advies",), instead=("ask steering", "vraag advies")))

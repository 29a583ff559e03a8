import pytest

from bot.matrix.hearing import _has_caption, _pills
from chat.reading import unlink

FINN = "@finn:example.org"


@pytest.mark.parametrize(
    "formatted",
    [
        '<a href="https://matrix.to/#/@finn:example.org">Finn</a> was he seen?',
        '<a href="https://matrix.to/#/%40finn%3Aexample.org">Finn</a> was he seen?',
        '<a data-mention-type="user" href="https://matrix.to/#/@finn:example.org" contenteditable="false">Finn</a>',
        "<a href='https://matrix.to/#/@finn:example.org'>Finn</a>: was he seen?",
        '<a href="matrix:u/finn:example.org?action=chat">Finn</a>',
        '<A HREF="https://matrix.to/#/@finn:example.org?via=example.org">Finn</A>',
        '<p>hi <a  class="pill" href="https://matrix.to/#/@finn:example.org" >Finn</a></p>',
    ],
)
def test_a_mention_of_every_client_is_the_person_that_it_points_at(formatted: str) -> None:
    assert _pills(formatted) == (("Finn", FINN),)


@pytest.mark.parametrize(
    "formatted",
    [
        '<a href="https://example.org/#/@finn:example.org">Finn</a>',
        '<a href="https://matrix.to/#/!room:example.org">Room</a>',
        "Finn",
        None,
    ],
)
def test_another_link_is_no_mention(formatted: object) -> None:
    assert _pills(formatted) == ()


def test_a_mention_that_is_written_as_a_link_is_its_name() -> None:
    body = "!request [Finn](https://matrix.to/#/@finn:example.org) was he [seen](https://example.org)?"
    assert unlink(body) == ("!request Finn was he [seen](https://example.org)?", (("Finn", FINN),))


def test_words_under_a_picture_are_told_from_its_name() -> None:
    picture = {"msgtype": "m.image", "body": "!concern he is ill", "filename": "IMG_1.jpg"}
    assert _has_caption(picture)
    assert _has_caption({**picture, "msgtype": "m.file"})
    assert not _has_caption({**picture, "body": "IMG_1.jpg"})
    assert not _has_caption({"msgtype": "m.image", "body": "!concern he is ill"})
    assert not _has_caption({**picture, "msgtype": "m.text"})

"""The pictures of the README: there, small, and of what phones keep."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.matrix.content import measure
from tests.pictures import FOLDER, LARGEST, PICTURES, body_of

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")


@dataclass
class Said:
    """What a picture needs of an event."""

    content: dict[str, Any]


def test_the_readme_shows_each_picture_and_says_what_is_on_it() -> None:
    shown = dict(re.findall(r"!\[([^\]]{20,})\]\(docs/pictures/([a-z-]+)\.png\)", README))
    assert sorted(shown.values()) == sorted(PICTURES)


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_small(name: str) -> None:
    picture = (FOLDER / f"{name}.png").read_bytes()
    assert len(picture) <= LARGEST
    assert measure("image/png", picture)["w"] == 2 * PICTURES[name][0]


def test_what_phones_drop_is_on_no_picture() -> None:
    assert body_of(Said({"formatted_body": "<p><b>A-1</b></p>"})) == "<p><b>A-1</b></p>"  # type: ignore[arg-type]
    assert body_of(Said({"body": "<b>"})) == "<p>&lt;b&gt;</p>"  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="table"):
        body_of(Said({"formatted_body": "<table></table>"}))  # type: ignore[arg-type]

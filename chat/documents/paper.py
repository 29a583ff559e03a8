"""Papers to keep and print, and pictures: a static Typst template and facts that are handed over as data.

Nothing that people typed is ever part of the template: it arrives as JSON and is set as text, so that ``#read("…")`` is
six words and no command. The typefaces are those that come with the library and with the packages of
``requirements-fonts.lock``, whatever else the machine has; a character that they lack (emoji, and without those
packages Chinese) is a box on paper and stands in the Markdown beside it. Templates reach no file but those beside them.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typst

from storage.messages import Paper

_TEMPLATES = Path(__file__).parent / "templates"
_FONT_PACKAGES = ("justmytype_intl_rtl", "justmytype_intl_south_asia", "justmytype_intl_sea", "justmytype_intl_cjk")
"""Noto Sans for Arabic and Hebrew, the scripts of India and South East Asia, and Chinese, Japanese
and Korean (SIL Open Font License). They are looked for and never imported: nothing in them runs."""
_REMEMBERED = 10
"""Typst keeps what it worked out for a paper until it has set so many others: of a long one a hundred megabytes."""
_PER_INCH = 216
"""Dots of a picture: three for each of a phone's, whose width its template has in points."""
_LONG = 32 * 1024
"""Characters of facts; below it, what is kept of all of them is not worth the time to be rid of it."""


def pdf(paper: str, facts: Mapping[str, object], *, at: datetime) -> bytes:
    """The PDF of a paper, the same bytes for the same facts and the same moment.

    ``paper``: the name of a template in ``templates/``. ``at``: the date of the document. ``facts``: what JSON
    can hold. The layout that all papers share asks for

    - ``title``, ``class`` (of confidentiality), ``reference`` and ``status``: one line each
    - ``mark``: a word above each page, such as ``draft``, or none
    - ``what``, ``who`` and ``due``, which may be left out: the heads of a table in which actions are set
    - ``lang``: the code of its language, such as ``en``, and ``of``: the word in "1 of 3"
    - ``checksum``: None, or a line below the status
    - ``details``: label and value, in pairs
    - ``sections``, at least one: each with its ``heading``, its ``paragraphs`` (``number`` or None, and ``lines``: the
      first is the text, what follows are remarks) and its ``columns`` side by side (``heading``, ``paragraphs``)

    which is what ``Document.facts`` gives (chat/documents/document.py); a template may ask for more.
    """
    # Takes seven megabytes, and most processes never set a paper.
    import typst  # noqa: PLC0415

    handed = json.dumps(facts)
    try:
        return typst.compile(
            _TEMPLATES / f"{paper}.typ",
            root=_TEMPLATES,
            font_paths=_fonts(),
            sys_inputs={"facts": handed},
            timestamp=int(at.timestamp()),
        )
    finally:
        if len(handed) > _LONG:
            _forget()


def typeset(paper: Paper) -> bytes:
    """The file of a document that waits to be posted, a PDF or a picture; takes up to some seconds."""
    return (
        png(paper.layout, paper.facts) if paper.name.endswith(".png") else pdf(paper.layout, paper.facts, at=paper.at)
    )


def png(drawing: str, facts: Mapping[str, object]) -> bytes:
    """The image of a drawing, a template that has one page; sharp on a phone."""
    import typst  # noqa: PLC0415

    return typst.compile(
        _TEMPLATES / f"{drawing}.typ",
        root=_TEMPLATES,
        font_paths=_fonts(),
        sys_inputs={"facts": json.dumps(facts)},
        format="png",
        ppi=_PER_INCH,
    )


def _forget() -> None:
    """Let Typst forget the last paper, by papers with nothing on them."""
    import typst  # noqa: PLC0415

    for _ in range(_REMEMBERED + 1):
        typst.compile(b"", font_paths=_fonts())


@cache
def _fonts() -> "typst.Fonts":
    import typst  # noqa: PLC0415

    return typst.Fonts(include_system_fonts=False, font_paths=list(_find_fonts()))


def _find_fonts() -> Iterator[Path]:
    for package in _FONT_PACKAGES:
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            yield Path(folder) / "fonts"

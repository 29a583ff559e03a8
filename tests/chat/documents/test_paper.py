import io
import subprocess
import sys
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from chat.documents import paper
from chat.documents.document import Document
from chat.reading import normalise
from chat.render import _line
from tests.room import MONDAY

TEXT = """\
% title Minutes of M-1
% class Confidential
% reference K7QF
% lang en
% of of
= Chair: Hugo: Peters

# Facts
[M-1/n1] he came along
+ Disputed by Ada: he did not
[M-1/n2] {typed}
# What we see
## Worried about
[M-1/n3] nights
## Working well
[M-1/n4] the gym
"""


def document(typed: str = "he talked") -> Document:
    return Document.read(TEXT.format(typed=typed))


def printed(made: Document) -> bytes:
    facts = made.facts(status="Version 1, draft", checksum="SHA-256 0123", signatures=["Chair", "Date"])
    return paper.pdf("minutes", facts, at=MONDAY)


def pages(data: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(data)).pages]


def test_a_paper_holds_the_document_in_its_frame() -> None:
    [text] = pages(printed(document()))
    for part in (
        "Minutes of M-1",
        "CONFIDENTIAL",
        "K7QF",
        "Hugo: Peters",
        "§1",
        "he came along",
        "Disputed by Ada: he did not",
        "Worried about",
        "the gym",
        "Version 1, draft",
        "SHA-256 0123",
        "1 of 1",
    ):
        assert part in text


def test_pages_are_counted() -> None:
    text = "".join(f"[n{number}] {'word ' * 90}\n" for number in range(30))
    found = pages(printed(Document.read(f"{TEXT.partition('# Facts')[0]}# Facts\n{text}")))
    assert len(found) > 2
    assert [f"{number} of {len(found)}" in page for number, page in enumerate(found, 1)] == [True] * len(found)


def test_the_same_facts_make_the_same_bytes() -> None:
    assert printed(document()) == printed(document())
    facts = document().facts(status="", signatures=["", ""])
    other = paper.pdf("minutes", facts, at=MONDAY + timedelta(days=1))
    assert other != paper.pdf("minutes", facts, at=MONDAY)


@pytest.mark.parametrize(
    "typed",
    [
        '#read("minutes.typ")',
        "#panic() $x$ `raw` @label <label> *bold* _emphasis_ \\ // --- ~",
        '#import "@preview/cetz:0.3.0": *',
        '"}]} , {"title": "forged"',
    ],
)
def test_what_people_type_is_text_and_never_interpreted(typed: str) -> None:
    [text] = pages(printed(document(typed)))
    assert typed in text


@pytest.mark.parametrize(
    "typed", ["שלום עולם", "مرحبا بالعالم", "你好世界", "👩\u200d👩\u200d👧 ❤️ é\u0301\u0301\u0301", "x" * 5000]
)
def test_any_script_leaves_the_paper_whole(typed: str) -> None:
    found = pages(printed(document(typed)))
    assert "he came along" in found[0]
    assert "the gym" in found[-1]


def test_markdown_shows_what_people_typed_as_text() -> None:
    assert document("<b> *[x](y)* `z` #1").markdown() == (
        "# Minutes of M-1\n\nConfidential\n\n- Chair: Hugo: Peters\n\n## Facts\n\n"
        "**§1** he came along\n- Disputed by Ada: he did not\n\n"
        "**§2** \\<b\\> \\*\\[x\\](y)\\* \\`z\\` \\#1\n\n"
        "## What we see\n\n### Worried about\n\n**§3** nights\n\n### Working well\n\n**§4** the gym\n"
    )


def test_a_paragraph_keeps_its_number_for_ever() -> None:
    before = document().numbers
    shorter = TEXT.format(typed="x").replace(
        "[M-1/n1] he came along\n+ Disputed by Ada: he did not\n", "[M-1/n0] new\n"
    )
    assert Document.read(shorter, before).numbers == {"M-1/n0": 5, "M-1/n2": 2, "M-1/n3": 3, "M-1/n4": 4}


def test_a_document_is_kept_whole() -> None:
    assert Document.load(document("“é”").dump()) == document("“é”")


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_nothing_that_can_be_typed_breaks_a_document_or_its_paper(typed: str) -> None:
    made = document(_line(normalise(typed)))
    assert [(one.key, one.number) for one in made.paragraphs] == [(f"M-1/n{n}", n) for n in range(1, 5)]
    assert Document.load(made.dump()) == made
    facts = made.facts(status="", signatures=["", ""])
    assert paper.pdf("minutes", facts, at=MONDAY).startswith(b"%PDF")


MANY_LONG_ONES = """
import resource
from tests.chat.documents.test_paper import document, printed

peaks = []
for number in range(5):
    printed(document("\\n".join(f"[M-1/n{n}] nobody said {number} of {n}" for n in range(3, 2000))))
    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
print(peaks[-1] / peaks[0])
"""


def test_nothing_stays_in_memory_of_a_long_paper() -> None:
    # A process of its own, where nothing larger was before.
    done = subprocess.run([sys.executable, "-c", MANY_LONG_ONES], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 1.2

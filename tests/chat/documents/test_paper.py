import io
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

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


ACTIONS = """\
% what What
% who Who
% due By when
# Attendance
[M-1/present] Present: Ada Jansen (Police), Dirk Smit (Social services)
[M-1/quorum] Quorum: yes
# Actions
[A-1] A-1 · ask his mother
+ Social services (Dirk Smit)
+ due Mon 9 Nov 2026
+ Corrected by Ada
[A-2] {second}
+ Police
+ due Tue 10 Nov 2026
"""


def test_attendance_and_actions_are_tables() -> None:
    found = Document.read(TEXT.partition("# Facts")[0] + ACTIONS.format(second="A-2 · call the school"))
    lines = " ".join(pages(printed(found))[0].split())
    assert "§1 Present: Ada Jansen (Police), Dirk Smit (Social services) §2 Quorum: yes" in lines
    assert "What Who By when §3 A-1 · ask his mother Corrected by Ada Social services (Dirk Smit) due Mon" in lines
    assert "§4 A-2 · call the school Police due Tue 10 Nov 2026" in lines


def test_an_action_that_was_put_into_other_words_is_no_row_of_a_table() -> None:
    found = Document.read(TEXT.partition("# Facts")[0] + ACTIONS.format(second="Ada calls the school"))
    lines = " ".join(pages(printed(found))[0].split())
    assert "By when" not in lines
    assert "§4 Ada calls the school Police due Tue 10 Nov 2026" in lines


def size_of(image: bytes) -> tuple[int, int]:
    """Width and height of a PNG, in dots."""
    assert image.startswith(b"\x89PNG\r\n")
    return int.from_bytes(image[16:20]), int.from_bytes(image[20:24])


@pytest.mark.parametrize(
    "typed", ["x", "x" * 500, '#read("timeline.typ")', "*b* _i_ `c` $m$ \\ <l> @r", "مرحبا 你好 👩\u200d👧"]
)
def test_a_picture_is_as_wide_as_a_phone_whatever_is_in_it(typed: str) -> None:
    step = {"at": "Mon 2 Nov 10:00", "agency": typed, "who": typed, "what": typed}
    drawn = [
        paper.png("timeline", {"title": typed, "class": typed, "lang": "en", "steps": [step] * count})
        for count in (0, 9)
    ]
    (width, low), (same, high) = map(size_of, drawn)
    assert width == same == 900
    assert low < high


@pytest.mark.parametrize("mark", ["draft", "concept"])
def test_what_a_paper_is_stands_above_each_page(mark: str) -> None:
    made = Document.read(TEXT.partition("# Facts")[0] + "# Facts\n" + "[n] " + "word " * 3000)
    facts = made.facts(status="", mark=mark, signatures=["", ""])
    found = pages(paper.pdf("minutes", facts, at=MONDAY))
    assert len(found) > 1
    assert [page.startswith(mark.upper()) for page in found] == [True] * len(found)
    assert not any(mark.upper() in page for page in pages(printed(made)))


@pytest.mark.parametrize("typed", ["x" * 400, "https://example.org/" + "a-b_c" * 60, "é" * 300])
def test_no_word_runs_over_the_margin(typed: str) -> None:
    made = document(typed)
    made.details.append(("Place", typed))
    made.sections[1].columns[0].paragraphs[0].lines[0] = typed
    right = 595 - 65  # points: A4 less the margin
    ends: list[float] = []

    def measure(text: str, _matrix: object, where: list[float], _font: object, size: float) -> None:
        # A letter has at least a third of its size: what begins so far left can't end behind the margin.
        ends.append(where[4] + len(text.strip("\u200b \n")) * size / 3 if text.strip() else 0)

    for page in PdfReader(io.BytesIO(printed(made))).pages:
        page.extract_text(visitor_text=measure)
    assert 0 < max(ends) < right
    shown = "".join("".join(pages(printed(made))).split()).replace("\u200b", "")
    assert shown.count(typed) == 3


def test_a_paragraph_is_not_torn_apart() -> None:
    said = [f"n{number} " + " ".join(f"{number}w{word}" for word in range(120)) for number in range(20)]
    text = "".join(f"[{one.split()[0]}] {one}\n" for one in said)
    found = [
        " ".join(page.split()) for page in pages(printed(Document.read(f"{TEXT.partition('# Facts')[0]}# F\n{text}")))
    ]
    assert len(found) > 2
    assert [sum(one in page for page in found) for one in said] == [1] * len(said)


def test_words_are_parted_as_their_language_does_it() -> None:
    dutch = "verantwoordelijkheidsverdeling samenwerkingsovereenkomst ondertoezichtstelling " * 6
    parted = {}
    for code in ("nl", "xx"):
        made = Document.read(TEXT.replace("lang en", f"lang {code}").format(typed=dutch))
        parted[code] = pages(printed(made))[0]
    assert "samenwerkings\u00ad\novereenkomst" in parted["nl"]
    assert "\u00ad" not in parted["xx"]


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


def test_typefaces_of_other_scripts_are_found_where_they_are_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "justmytype_intl_rtl"
    (package / "fonts").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('nothing in it runs')")
    monkeypatch.syspath_prepend(tmp_path)
    assert package / "fonts" in paper._find_fonts()
    monkeypatch.setattr(paper, "_fonts", paper._fonts.__wrapped__)
    assert printed(document()).startswith(b"%PDF")


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

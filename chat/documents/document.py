"""A document in numbered paragraphs, from a text template: as Markdown, and as the facts of a paper.

What a template of a document says, line by line (whatever people typed stands on one line, behind such a mark):

- ``% name words``: a word of the frame: title, class, reference, lang, of, and the heads of a table of actions
- ``= label: value``: a detail below the title
- ``# words``: the heading of a section; ``## words``: a column of it
- ``[key] words``: a paragraph; the key says what it is about, and gives it the same number in every version
- ``(key) words``: the same, which says that there is nothing
- ``+ words``: a remark below the paragraph
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Self

_PARAGRAPH = re.compile(r"[\[(](\S+)[\])] (.*)")
HEAD = "head"
"""In the place of a paragraph's key: what stands above all of them."""
_TELLING = 12
"""So many letters of one person are not by chance those of another."""
_MARKED = re.compile(r"([\\`*_{}\[\]<>#|~&])")


@dataclass(repr=False)
class Paragraph:
    """A text with its number, and the remarks below it."""

    key: str
    number: int
    lines: list[str]
    empty: bool = False
    """Whether it says no more than that there is nothing."""


@dataclass(repr=False)
class Column:
    """One of several beside each other."""

    heading: str
    paragraphs: list[Paragraph] = field(default_factory=list["Paragraph"])


@dataclass(repr=False)
class Section:
    """A heading, and what stands under it."""

    heading: str
    paragraphs: list[Paragraph] = field(default_factory=list["Paragraph"])
    columns: list[Column] = field(default_factory=list["Column"])

    @property
    def all(self) -> list[Paragraph]:
        """Its paragraphs, and those of its columns."""
        return [*self.paragraphs, *(one for column in self.columns for one in column.paragraphs)]


@dataclass(repr=False)
class Document:
    """What is kept of a version: enough to make each of its forms again."""

    frame: dict[str, str] = field(default_factory=dict[str, str])
    details: list[tuple[str, str]] = field(default_factory=list["tuple[str, str]"])
    sections: list[Section] = field(default_factory=list["Section"])

    @classmethod
    def read(cls, text: str, numbers: Mapping[str, int] | None = None) -> Self:
        """From what a template said; ``numbers``: those that paragraphs had before, by key, which they keep."""
        document, given = cls(), dict(numbers or {})
        last = max(given.values(), default=0)
        paragraphs: list[Paragraph] = []
        for line in text.split("\n"):
            mark, _, words = line.partition(" ")
            words = words.strip()
            if mark == "%":
                name, _, value = words.partition(" ")
                document.frame[name] = value
            elif mark == "=":
                label, _, value = words.partition(": ")
                document.details.append((label, value))
            elif mark == "#":
                document.sections.append(Section(words))
                paragraphs = document.sections[-1].paragraphs
            elif mark == "##":
                document.sections[-1].columns.append(Column(words))
                paragraphs = document.sections[-1].columns[-1].paragraphs
            elif mark == "+":
                paragraphs[-1].lines.append(words)
            elif found := _PARAGRAPH.fullmatch(line):
                if found[1] not in given:
                    last += 1
                    given[found[1]] = last
                paragraphs.append(Paragraph(found[1], given[found[1]], [found[2].strip()], line[0] == "("))
        return document

    @classmethod
    def load(cls, kept: str) -> Self:
        """From what ``dump`` gave."""
        raw = json.loads(kept)
        return cls(
            raw["frame"],
            [(label, value) for label, value in raw["details"]],
            [
                Section(
                    section["heading"],
                    [Paragraph(**one) for one in section["paragraphs"]],
                    [Column(c["heading"], [Paragraph(**one) for one in c["paragraphs"]]) for c in section["columns"]],
                )
                for section in raw["sections"]
            ],
        )

    def dump(self) -> str:
        """As a text to keep."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @property
    def paragraphs(self) -> Iterator[Paragraph]:
        """All of them, in the order in which they are read."""
        for section in self.sections:
            yield from section.all

    @property
    def numbers(self) -> dict[str, int]:
        """The number of each paragraph, by its key."""
        return {one.key: one.number for one in self.paragraphs}

    def without(self, words: Collection[tuple[str, str]], instead: str) -> Self:
        """The same without words that were taken off the file, each with the key of the paragraph it stood in.

        A few letters mean something only where they were said: elsewhere they may be part of anybody's sentence.
        """
        made = type(self).load(self.dump())
        for key, said in words:
            word = " ".join(said.split())
            found = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
            everywhere = len(word) >= _TELLING
            for one in made.paragraphs:
                if everywhere or one.key == key:
                    one.lines = [found.sub(lambda _: instead, line) for line in one.lines]
            if everywhere or key == HEAD:
                made.details = [(label, found.sub(lambda _: instead, value)) for label, value in made.details]
        return made

    def markdown(self) -> str:
        """The whole document as Markdown; what people typed is set as text, not as marks of Markdown."""
        parts = [f"# {_escape(self.frame['title'])}", f"{_escape(self.frame['class'])}"]
        parts += ["\n".join(f"- {_escape(label)}: {_escape(value)}" for label, value in self.details)]
        for section in self.sections:
            parts += [f"## {_escape(section.heading)}", *map(_in_markdown, section.paragraphs)]
            for column in section.columns:
                parts += [f"### {_escape(column.heading)}", *map(_in_markdown, column.paragraphs)]
        return "\n\n".join(part for part in parts if part) + "\n"

    def facts(self, *, status: str, mark: str = "", checksum: str | None = None, **more: object) -> dict[str, object]:
        """What a paper's template is given; ``more``: what only this paper's template asks for."""
        return {**self.frame, **asdict(self), "status": status, "mark": mark, "checksum": checksum, **more}


def _in_markdown(one: Paragraph) -> str:
    first, *more = map(_escape, one.lines)
    return "\n".join([f"**§{one.number}** {first}", *(f"- {line}" for line in more)])


def _escape(words: str) -> str:
    return _MARKED.sub(r"\\\1", words)

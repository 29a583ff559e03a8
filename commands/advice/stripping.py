"""A text that does not say of whom: without references, names that the bot knows or that read like one, and the like.

What is taken out may be more than is needed: whoever asked reads the rest before it leaves the room, and can say it
otherwise. What patterns find is no promise that nothing is left.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from cases.case import Case
from cases.people import Agency
from cases.words import said_in
from chat.nameless import references, same_width
from chat.names import bare, is_particle, words_of
from storage.find import Directory, Find

GONE = "[…]"
Span = tuple[int, int, str]
"""Where it begins and ends, and what stands there instead."""

_TOKEN = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_MONTHS = (
    r"(?:jan(?:uar[iy])?|feb(?:ruar[iy])?|mar(?:ch)?|maart|mrt|apr(?:il)?|may|mei|june?|juni|july?|juli|aug(?:ust|ustus)?"
    r"|sep(?:t(?:ember)?)?|o[ck]t(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_STREETS = r"(?:stra+t|laan|weg|plein|gracht|kade|dijk|singel|hof|steeg|pad|stra(?:ss|\u00df)e|katu|tie)"
# Compiled when advice is asked for first: each start would take longer by them.
_PATTERNS = (
    # Addresses of the net, and telephones.
    (r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+", re.NOFLAG),
    (r"(?:https?://|www\.)\S+", re.IGNORECASE),
    (r"\+?\(?\d[\d ()./\u2010-\u2015-]{6,30}\d", re.NOFLAG),
    (r"\b\d{5,}\b", re.NOFLAG),
    # Days with a year.
    (r"\b\d{1,2}[./ -]\d{1,2}[./ -](?:\d{4}|\d{2})\b", re.NOFLAG),
    (r"\b\d{4}-\d{1,2}-\d{1,2}\b", re.NOFLAG),
    (rf"\b\d{{1,2}}(?:st|nd|rd|th|e)?\.? (?:of )?{_MONTHS}\.?,? (?:\d{{4}}|'?\d{{2}})\b", re.IGNORECASE),
    (rf"\b{_MONTHS} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}\b", re.IGNORECASE),
    # Where somebody lives.
    (rf"\b[^\W\d_][\w'\u2019.-]{{0,40}}{_STREETS} \d{{1,5}} ?[a-z]?\b", re.IGNORECASE),
    (r"\b\d{1,5}[a-z]? (?:[A-Z][\w'\u2019-]* ){1,3}(?:Street|Road|Lane|Avenue|Close|Drive|St|Rd|Ave)\b", re.NOFLAG),
    (r"\b(?:[A-Z][\w'\u2019-]* ){1,3}(?:Street|Road|Lane|Avenue|Close|Drive)\b(?: \d{1,5}[a-z]?\b)?", re.NOFLAG),
    (r"\b\d{4} ?[A-Z]{2}\b", re.NOFLAG),
    (r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b", re.NOFLAG),
    # Initials.
    (r"\b(?:[A-Z]\.){2,}", re.NOFLAG),
)
_ACCOUNT = re.compile(r"@[\w.=/+-]{1,255}(?::[\w.:\[\]-]{1,255})?")
_RECORD = re.compile(r"\b[A-Z]([-\u2010-\u2014]?)\d{1,9}(?:/[a-z]?\d+)?\b", re.IGNORECASE)
_BEFORE_A_NAME = re.compile(
    r"(?:\b(?:[A-Z]\.|(?:dr|mr|mrs|ms|mx|miss|prof|drs|dhr|mevr|mevrouw|mw|meneer)\.?"
    r"|van|von|de|den|der|ten|ter|la|le|el|al|bin|di|da|du) )+\Z",
    re.IGNORECASE,
)
_BEGINS_A_SENTENCE = re.compile(r"(?:\A|[.!?:;\n\u2026]|[-*\u2022] |[\"\u201c\u201e(])\s*\Z")
_FAR = 40
_BETWEEN = re.compile(r"[\s-]*\Z")
ALSO_WORDS = frozenset(
    {
        *("may", "will", "mark", "hope", "grace", "young", "white", "black", "green", "brown", "long", "short", "post"),
        *("rose", "day", "king", "hall", "wood", "hill", "field", "love", "price", "west", "north", "east", "june"),
        *("april", "august", "art", "bill", "rob", "sue", "pat", "drew", "grant", "chance", "faith", "joy", "summer"),
        *("best", "good", "small", "strong", "power", "wise", "fox", "wolf", "bird", "bush", "rice", "cook", "baker"),
        *("smith", "bakker", "kok", "visser", "boer", "koning", "wit", "groen", "lang", "kort", "jong", "meester"),
        *("bos", "berg", "dijk", "brand", "mei", "admin", "an", "in", "so", "do", "no", "man", "can", "page"),
    }
)
"""Names that are words of the language, too: taken for names where they have a capital."""
KINDS_OF_WORK = frozenset(
    {
        *("police", "school", "schools", "education", "health", "mental", "social", "youth", "probation", "housing"),
        *("service", "services", "work", "care", "welfare", "child", "children", "family", "protection", "court"),
        *("prison", "municipality", "city", "hospital", "clinic", "doctor", "and", "the", "of", "for", "fire"),
        *("prosecution", "office", "agency", "support", "community", "public", "safety", "council", "team"),
        *("politie", "onderwijs", "gezondheid", "ggz", "ggd", "jeugd", "jeugdzorg", "jeugdwerk", "reclassering"),
        *("zorg", "gemeente", "maatschappelijk", "maatschappelijke", "dienst", "wonen", "gezin", "kind", "en", "de"),
    }
)
"""What an agency can be called that says only what kind it is of: it identifies nobody, and stays."""
_CAPITALISED = KINDS_OF_WORK | frozenset(
    {
        *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january", "february", "march"),
        *("april", "may", "june", "july", "august", "september", "october", "november", "december", "christmas"),
        *("easter", "english", "dutch", "danish", "finnish", "german", "european", "europe", "u", "uw", "im", "ive"),
        *("article", "section", "chapter", "act", "law", "regulation", "directive", "convention", "code"),
        *("artikel", "wet", "besluit", "verordening", "grondwet", "wetboek", "lid"),
        *("id", "ill", "internet", "instagram", "whatsapp", "facebook", "tiktok", "snapchat", "youtube"),
    }
)
"""What is written with a capital and is nobody's name."""


@dataclass(frozen=True, repr=False)
class Known:
    """What the bot knows by name."""

    people: frozenset[str]
    """The words of their names, as these are compared."""
    agencies: dict[tuple[str, ...], str]
    """What each may be called, in words as these are compared, and what stands there instead."""
    records: frozenset[str] = frozenset()
    """The ids of the case's records, without their dashes."""
    on_file: frozenset[str] = frozenset()
    """Words that stand on file with a capital only."""
    ordinary: frozenset[str] = frozenset()
    """Words that stand there without one."""


def know(find: Find, directory: Directory, case: Case | None = None) -> Known:
    """Everybody and every agency that is or was in the house, and what is on a case's file."""
    people = [word for person in find.everybody() for word in (*bare(person.name), *words_of(_local(person.user_id)))]
    agencies: dict[tuple[str, ...], str] = {}
    for agency in directory.agencies.values():
        agencies |= {called: _kind(agency) for name in (agency.name, agency.short) if (called := words_of(name))}
    spoken = [text for step in case.steps for _, text in said_in(step)] if case else []
    ordinary = frozenset(token[0] for text in spoken for token in _TOKEN.finditer(text) if token[0].islower())
    proper = {word.casefold() for text in spoken for word in _proper(text)}
    return Known(
        frozenset(word for word in people if len(word) > 1 and not word.isdigit()) - KINDS_OF_WORK,
        agencies,
        frozenset(record.id.replace("-", "") for record in case.records()) if case else frozenset(),
        frozenset(proper - ordinary - _CAPITALISED),
        ordinary,
    )


def strip(text: str, known: Known) -> str:
    """The text with a mark where something stood that identifies; an agency is called by its kind."""
    text = same_width(text)
    spans = [*_named(text, known), *_identifying(text), *_records(text, known), *_like_names(text, known)]
    return _replace(text, _merged(text, spans))


def names_somebody(text: str, known: Known) -> bool:
    """Whether a text holds a reference, or a name that the bot knows."""
    return any(True for _ in _named(same_width(text), known))


def says_something(stripped: str) -> bool:
    """Whether enough is left to be asked."""
    return sum(len(word[0]) for word in _TOKEN.finditer(stripped.replace(GONE, " "))) > 1


def _named(text: str, known: Known) -> Iterator[Span]:
    """What the bot knows by name, and references."""
    yield from ((begin, end, GONE) for begin, end in references(text))
    yield from ((*found.span(), GONE) for found in _ACCOUNT.finditer(text))
    tokens = [(token, _compared(token[0])) for token in _TOKEN.finditer(text)]
    for called, instead in known.agencies.items():
        for first in range(len(tokens) - len(called) + 1) if instead else ():
            found = tokens[first : first + len(called)]
            if all(word in forms for word, (_, forms) in zip(called, found, strict=True)):
                yield found[0][0].start(), found[-1][0].end(), instead
    for token in _names_in(tokens, known):
        begins = _BEFORE_A_NAME.search(text[max(0, token.start() - _FAR) : token.start()])
        yield token.start() - len(begins[0] if begins else ""), token.end(), GONE


def _names_in(tokens: list[tuple[re.Match[str], frozenset[str]]], known: Known) -> Iterator[re.Match[str]]:
    """The words that are part of a name; one that is a word of the language, too, has a capital or follows another."""
    follows = False
    for token, forms in tokens:
        found = forms & known.people
        if found and (follows or token[0][0].isupper() or not found <= ALSO_WORDS):
            follows = True
            yield token
        else:
            follows = follows and is_particle(token[0])


def _identifying(text: str) -> Iterator[Span]:
    for pattern, flags in _PATTERNS:
        yield from ((*found.span(), GONE) for found in re.finditer(pattern, text, flags))


def _records(text: str, known: Known) -> Iterator[Span]:
    for found in _RECORD.finditer(text):
        if found[1] or found[0].upper().partition("/")[0] in known.records:
            yield (*found.span(), GONE)


def _like_names(text: str, known: Known) -> Iterator[Span]:
    """What reads like a name, or stands on file with a capital only."""
    proper = {(token.start(), token.end()) for token in _proper_tokens(text)}
    here = {token[0] for token in _TOKEN.finditer(text) if token[0].islower()}
    stays = {word for called, instead in known.agencies.items() if not instead for word in called} | _CAPITALISED
    for token in _TOKEN.finditer(text):
        forms = _compared(token[0])
        on_file = bool(forms & known.on_file) and not forms & ALSO_WORDS
        unknown = token.span() in proper and not forms & (stays | known.ordinary | here)
        if (on_file or unknown) and not forms & stays:
            yield (*token.span(), GONE)


def _proper(text: str) -> Iterator[str]:
    for token in _proper_tokens(text):
        yield from _compared(token[0])


def _proper_tokens(text: str) -> Iterator[re.Match[str]]:
    """Words with a capital, and not for beginning a sentence, nor with capitals only."""
    for token in _TOKEN.finditer(text):
        word = token[0]
        capital = word[0].isupper() and len(word) > 1 and not word.isupper()
        if capital and not _BEGINS_A_SENTENCE.search(text[max(0, token.start() - 4) : token.start()]):
            yield token


def _compared(token: str) -> frozenset[str]:
    """A word as names are compared, also without the ending of whose it is."""
    whole = "".join(words_of(token))
    stem = re.sub(r"['\u2019]\w{0,2}\Z", "", token)
    return frozenset({whole, "".join(words_of(stem))})


def _kind(agency: Agency) -> str:
    """What may stand for an agency: empty, if its name says nothing more than what kind it is of."""
    kinds = KINDS_OF_WORK | set(words_of(agency.kind))
    if set(words_of(agency.name)) <= kinds:
        return ""
    return agency.kind or GONE


def _local(user_id: str) -> str:
    return user_id.partition(":")[0].removeprefix("@")


def _merged(text: str, spans: Iterable[Span]) -> list[Span]:
    """Without what overlaps; marks with nothing between them are one."""
    merged: list[Span] = []
    for begin, end, instead in sorted(spans, key=lambda span: (span[0], -span[1])):
        if merged:
            first, last, before = merged[-1]
            together = before == instead == GONE and _BETWEEN.match(text[last:begin]) if begin > last else begin < last
            if together:
                merged[-1] = (first, max(last, end), before if end <= last else GONE)
                continue
        merged.append((begin, end, instead))
    return merged


def _replace(text: str, spans: Collection[Span]) -> str:
    pieces, at = list[str](), 0
    for begin, end, instead in spans:
        pieces += [text[at:begin], instead]
        at = end
    return "".join([*pieces, text[at:]])

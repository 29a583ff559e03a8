"""Which choices of a scheme's categories somebody typed."""

import re
from collections.abc import Mapping, Sequence

from cases.errors import Refusal

Categories = Mapping[str, Sequence[str]]


def choose(text: str, categories: Categories) -> dict[str, str]:
    """From ``age: 12-15 sex: girl``, ``age 12-15, sex girl``, or ``12-15, girl`` where each is a choice of one only.

    Raises Refusal with what there is to choose; it repeats nothing that was typed.
    """
    chosen: dict[str, str] = {}
    for piece in _pieces(text, categories):
        name, choice = _choice(piece, categories)
        chosen[name] = choice
    if not chosen:
        raise Refusal("figures/which_choice", categories=categories, of=None)
    return chosen


def _pieces(text: str, categories: Categories) -> list[str]:
    """What is said of one category each: before commas, and before each name with a colon."""
    names = "|".join(re.escape(name) for name in sorted(categories, key=len, reverse=True))
    parted = re.sub(rf"(?<!\w)({names})\s*[:=]", r"\n\1:", text, flags=re.IGNORECASE)
    return [piece for piece in (part.strip() for part in re.split(r"[,;\n]", parted)) if piece]


def _choice(piece: str, categories: Categories) -> tuple[str, str]:
    said = " ".join(piece.casefold().split())
    for name in sorted(categories, key=len, reverse=True):
        begins = name.casefold()
        if said.startswith((f"{begins}:", f"{begins} ")):
            known = {choice.casefold(): choice for choice in categories[name]}
            if choice := known.get(said.removeprefix(begins).strip(" :")):
                return name, choice
            raise Refusal("figures/which_choice", categories={name: categories[name]}, of=name)
    found = [(name, c) for name, choices in categories.items() for c in choices if c.casefold() == said]
    if len(found) != 1:
        of = {name: categories[name] for name, _ in found} or categories
        raise Refusal("figures/which_choice", categories=of, of=None)
    return found[0]

"""The lines that concepts have in ``!status``, beside those that every case has."""

from collections.abc import Callable, Collection, Mapping

from chat.context import Context

Find = Callable[[Context, Collection[str]], Mapping[str, object] | None]
"""The facts of a line, without the records (ids) that are hidden from whoever asks; None: there is nothing to say."""
_lines: dict[str, Find] = {}


def in_status(template: str) -> Callable[[Find], Find]:
    """Show a line, or a few, in ``!status``; the template finds its facts as ``line``."""

    def register(find: Find) -> Find:
        _lines[f"{template}.html"] = find
        return find

    return register


def find_lines(ctx: Context, hidden: Collection[str]) -> list[tuple[str, Mapping[str, object]]]:
    """The template of each line that has something to say, and its facts."""
    found = ((template, find(ctx, hidden)) for template, find in sorted(_lines.items()))
    return [(template, facts) for template, facts in found if facts is not None]

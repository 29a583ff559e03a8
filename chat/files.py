"""The files in which a document is posted: each form of it, unless it is too large."""

from collections.abc import Collection

from storage.work import LARGEST_ATTACHMENT, Attachment

PDF = "application/pdf"
MARKDOWN = "text/markdown; charset=utf-8"


def fitting(*forms: tuple[str, str, bytes]) -> tuple[Attachment, ...]:
    """Those of these forms (name, content type, data) that are not too large to post."""
    return tuple(Attachment(*form) for form in forms if len(form[2]) <= LARGEST_ATTACHMENT)


def attached(files: Collection[Attachment]) -> dict[str, object]:
    """What the template ``paper/attached`` tells: in which forms a document is attached."""
    types = {file.content_type for file in files}
    return {"pdf": PDF in types, "markdown": MARKDOWN in types}

"""The files in which a document is posted: to print, and to go on with; both, or none if it is too large."""

from collections.abc import Collection

from storage.messages import LARGEST_ATTACHMENT, Attachment, Paper

MARKDOWN = "text/markdown; charset=utf-8"


def of_document(paper: Paper | None, name: str, markdown: str) -> tuple[Attachment | Paper, ...]:
    """A document in its forms, the one to print first if it has that; ``name``: of the Markdown."""
    data = markdown.encode()
    if len(data) > LARGEST_ATTACHMENT:
        return ()
    text = Attachment(name, MARKDOWN, data)
    return (text,) if paper is None else (paper, text)


def attached(files: Collection[Attachment | Paper]) -> dict[str, object]:
    """What the template ``documents/attached`` tells: in which forms a document is attached."""
    return {"attached": bool(files), "pdf": any(isinstance(file, Paper) for file in files)}

"""What a row of the outbox is as a Matrix event: a message, an edit, a poll, a file."""

import asyncio
from collections.abc import Mapping

from storage.messages import Attachment, Message, Paper
from storage.outbox import Row

PNG = "image/png"
BOARD = "org.roundtable.card"
"""What a page shows of the case, beside the text that people read."""
ANSWERS_TO = "org.roundtable.answers"
"""Which event a message of ours answers, where apps show nothing of that: whoever looks for an answer finds it."""
TICK = "✅"
POLL, TEXT = "org.matrix.msc3381.poll.start", "org.matrix.msc1767.text"


def content_of(row: Row | Message) -> dict[str, object]:
    """A Matrix message: plain and HTML, and explicit mentions so that only those wake up who must act."""
    content: dict[str, object] = {
        "msgtype": "m.notice" if row.notice else "m.text",
        "body": row.plain,
        "format": "org.matrix.custom.html",
        "formatted_body": row.html,
        "m.mentions": {"user_ids": list(row.mentions)} if row.mentions else {},
    }
    if row.answers_to:
        content[ANSWERS_TO] = row.answers_to
        if row.beside:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": row.answers_to}}
    if isinstance(row, Row) and row.board:
        content[BOARD] = row.board
    return content


def poll_of(row: Row) -> dict[str, object]:
    """A poll as Element shows it (MSC3381, in the names from before it was stable: others show an empty tile)."""
    answers = [{"id": command, TEXT: label} for command, label in row.answers]
    shown = "\n".join([row.plain, *(f"{number}. {label}" for number, (_, label) in enumerate(row.answers, start=1))])
    return {
        POLL: {
            "question": {TEXT: row.plain, "body": row.plain, "msgtype": "m.text"},
            "kind": "org.matrix.msc3381.poll.disclosed",
            "max_selections": 1,
            "answers": answers,
        },
        TEXT: shown,
        "m.mentions": {"user_ids": list(row.mentions)} if row.mentions else {},
    }


def as_edit(content: Mapping[str, object], original: str) -> dict[str, object]:
    """A message in another's place; apps that know no edits show it as a message of its own, marked by a star."""
    # What a page reads stands in it once.
    around = {key: value for key, value in content.items() if key != BOARD}
    shown = {**around, "body": f"* {content['body']}", "formatted_body": f"* {content['formatted_body']}"}
    return {**shown, "m.new_content": content, "m.relates_to": {"rel_type": "m.replace", "event_id": original}}


async def read_file(file: Attachment | Paper) -> tuple[str, bytes]:
    """The content type of a file and what is in it; a paper is typeset now, in a thread of its own."""
    if isinstance(file, Attachment):
        return file.content_type, file.data
    # With the first paper: a start must be quick.
    from chat.documents.paper import typeset  # noqa: PLC0415

    return PNG if file.name.endswith(".png") else "application/pdf", await asyncio.to_thread(typeset, file)


def measure(content_type: str, data: bytes) -> dict[str, int]:
    """The size of an image in dots, so that apps leave room for it (PNG specification: IHDR Image header)."""
    if content_type != PNG:
        return {}
    return {"w": int.from_bytes(data[16:20]), "h": int.from_bytes(data[20:24])}

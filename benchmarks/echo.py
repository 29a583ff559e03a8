"""The baseline: a plain echo bot as matrix-nio's documentation shows one, with no storage but that of its keys.

``python -m benchmarks.echo HOMESERVER USER_ID PASSWORD FOLDER BEGAN``: answers what was said after BEGAN
(in milliseconds since 1970), until it is ended.
"""

import asyncio
import json
import sys
from pathlib import Path

import nio

SESSION = "session.json"
DEVICE = "ECHO"
SYNC_MS = 30_000


async def echo(homeserver: str, user_id: str, password: str, folder: Path, began_ms: int) -> None:
    """Answer each message with its own text, in a reply."""
    config = nio.AsyncClientConfig(encryption_enabled=True)
    client = nio.AsyncClient(homeserver, user_id, device_id=DEVICE, store_path=str(folder), config=config)
    session = folder / SESSION
    if session.exists():
        client.restore_login(user_id, DEVICE, json.loads(session.read_text())["token"])
    else:
        answer = await client.login(password, device_name="Echo")
        if not isinstance(answer, nio.LoginResponse):
            raise SystemExit(str(answer))
        written = session.with_suffix(".new")
        written.write_text(json.dumps({"token": answer.access_token}))
        written.rename(session)

    async def answer_message(room: nio.MatrixRoom, event: nio.RoomMessageText) -> None:
        # What was said before it started is history, as in the examples of nio.
        if event.sender == client.user_id or event.server_timestamp < began_ms:
            return
        content = {
            "msgtype": "m.text",
            "body": event.body,
            "m.relates_to": {"m.in_reply_to": {"event_id": event.event_id}},
        }
        await client.room_send(room.room_id, "m.room.message", content, ignore_unverified_devices=True)

    async def accept(room: nio.MatrixRoom, _: nio.InviteMemberEvent) -> None:
        await client.join(room.room_id)

    client.add_event_callback(answer_message, nio.RoomMessageText)  # type: ignore[arg-type]
    client.add_event_callback(accept, nio.InviteMemberEvent)  # type: ignore[arg-type]
    await client.sync_forever(timeout=SYNC_MS, full_state=True)


if __name__ == "__main__":
    asyncio.run(echo(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4]), int(sys.argv[5])))

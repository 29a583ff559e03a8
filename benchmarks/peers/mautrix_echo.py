"""An echo bot as the documentation of mautrix shows one, encrypted, with its stores on SQLite.

``python -m benchmarks.peers.mautrix_echo HOMESERVER USER_ID FOLDER``, in an environment of its own.
"""

import asyncio
import json
import sys
from pathlib import Path

from mautrix.client import Client
from mautrix.client.state_store.asyncpg import PgStateStore
from mautrix.crypto import OlmMachine, PgCryptoStateStore, PgCryptoStore
from mautrix.types import EventType, MessageEvent, MessageType, TextMessageEventContent
from mautrix.util.async_db import Database


async def echo(homeserver: str, user_id: str, folder: Path) -> None:
    """Answer each message with its own text, in a reply."""
    session = json.loads((folder / "session.json").read_text())
    database = Database.create(f"sqlite:{folder / 'store.db'}", upgrade_table=PgCryptoStore.upgrade_table)
    await database.start()
    await PgStateStore.upgrade_table.upgrade(database)
    keys = PgCryptoStore(user_id, "benchmark", database)
    await keys.open()
    client = Client(
        mxid=user_id,
        device_id=session["device"],
        base_url=homeserver,
        token=session["token"],
        sync_store=keys,
        state_store=PgStateStore(database),
    )
    client.crypto = OlmMachine(client, keys, PgCryptoStateStore(database))
    await client.crypto.load()
    await keys.put_device_id(session["device"])
    await client.crypto.share_keys()

    async def answer(event: MessageEvent) -> None:
        if event.sender != client.mxid:
            content = TextMessageEventContent(MessageType.TEXT, body=event.content.body)
            content.set_reply(event.event_id)
            await client.send_message(event.room_id, content)

    client.add_event_handler(EventType.ROOM_MESSAGE, answer)
    client.ignore_initial_sync = True
    await client.start(None)


if __name__ == "__main__":
    asyncio.run(echo(sys.argv[1], sys.argv[2], Path(sys.argv[3])))

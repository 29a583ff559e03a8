"""An echo bot as the documentation of simplematrixbotlib shows one, encrypted.

``python -m benchmarks.peers.simple HOMESERVER USER_ID FOLDER``, in an environment of its own.
"""

import json
import sys
from pathlib import Path

import simplematrixbotlib as botlib
from nio import MatrixRoom, RoomMessageText


def echo(homeserver: str, user_id: str, folder: Path) -> None:
    """Answer each message with its own text, in a reply."""
    token = json.loads((folder / "session.json").read_text())["token"]
    creds = botlib.Creds(homeserver, user_id, access_token=token, session_stored_file=None)
    config = botlib.Config()
    config.encryption_enabled = True
    config.ignore_unverified_devices = True
    config.store_path = str(folder / "store")
    bot = botlib.Bot(creds, config)

    @bot.listener.on_message_event
    async def answer(room: MatrixRoom, message: RoomMessageText) -> None:
        if botlib.MessageMatch(room, message, bot).is_not_from_this_bot():
            await bot.api.send_text_message(room.room_id, message.body, reply_to=message.event_id)

    bot.run()


if __name__ == "__main__":
    echo(sys.argv[1], sys.argv[2], Path(sys.argv[3]))

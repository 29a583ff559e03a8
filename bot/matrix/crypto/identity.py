"""Our cross-signing identity: what makes Element trust the bot's device (specification: Cross-signing)."""

from typing import TYPE_CHECKING

from bot.matrix.crypto.errors import NotOurDevice, PasswordNeeded, Rejected
from bot.matrix.crypto.signing import SigningKey, equals
from bot.matrix.crypto.wire import Json

if TYPE_CHECKING:
    from bot.matrix.crypto.client import HardenedClient

PARTS = ("master", "self_signing", "user_signing")


class Identity:
    """The three signing keys of one account. The master key is what other people verify."""

    def __init__(self, *, master: bytes, self_signing: bytes, user_signing: bytes) -> None:
        """Each argument is a seed of 32 bytes."""
        self.master = SigningKey(master)
        self.self_signing = SigningKey(self_signing)
        self.user_signing = SigningKey(user_signing)

    def __repr__(self) -> str:
        return f"Identity(master={self.master.public})"

    @classmethod
    def create(cls) -> "Identity":
        """A new identity with random keys."""
        return cls(**{part: SigningKey().seed for part in PARTS})

    @property
    def seeds(self) -> dict[str, bytes]:
        """The secret seed of each key, by the key's name. For secret storage only."""
        return {part: getattr(self, part).seed for part in PARTS}

    @property
    def fingerprint(self) -> str:
        """The public master key in groups of four, for people to compare."""
        public = self.master.public
        return " ".join(public[start : start + 4] for start in range(0, len(public), 4))

    async def publish(self, client: "HardenedClient", password: str | None = None) -> None:
        """Upload the public keys, pin them as ours, and sign our device.

        The first upload of an account needs no password; replacing an identity does.
        Raises PasswordNeeded, Unavailable, TokenRevoked, Rejected, or NotOurDevice.
        """
        await client.announce()
        path = "v3/keys/device_signing/upload"
        keys = self._describe(client)
        status, answer = await client.wire.ask_interactively("POST", path, keys)
        if status == 401:  # noqa: PLR2004 - HTTP's own number
            if password is None:
                raise PasswordNeeded("the homeserver asks for the account's password")
            proof = {
                "type": "m.login.password",
                "identifier": {"type": "m.id.user", "user": client.user_id},
                "password": password,
                "session": answer.get("session"),
            }
            status, _ = await client.wire.ask_interactively("POST", path, {**keys, "auth": proof})
            if status == 401:  # noqa: PLR2004
                raise PasswordNeeded("the homeserver did not accept the account's password")
        await self.sign_device(client)

    async def sign_device(self, client: "HardenedClient") -> None:
        """Sign this client's own device, and pin this identity as ours.

        What is signed is made from our own keys, never what the server presents (raises NotOurDevice if they differ).
        """
        await client.announce()
        user_id, device_id = client.user_id, client.device_id
        answer = await client.wire.ask("POST", "v3/keys/query", {"device_keys": {user_id: [device_id]}})
        ours = client.machine.describe_device()
        _check_same(answer, ours, user_id, device_id)
        signed = self.self_signing.sign(ours, user_id)
        answer = await client.wire.ask("POST", "v3/keys/signatures/upload", {user_id: {device_id: signed}})
        if answer.get("failures"):
            raise Rejected(200, "M_INVALID_SIGNATURE")
        await client.pins.pin(user_id, self.master.public)
        client.devices.mark_outdated({user_id})

    def _describe(self, client: "HardenedClient") -> Json:
        user_id = client.user_id

        def describe(part: str, key: SigningKey) -> Json:
            return {"user_id": user_id, "usage": [part], "keys": {key.id: key.public}}

        return {
            # The device signs the master key too: it shows other devices of ours that this identity is wanted.
            "master_key": client.machine.sign(describe("master", self.master)),
            "self_signing_key": self.master.sign(describe("self_signing", self.self_signing), user_id),
            "user_signing_key": self.master.sign(describe("user_signing", self.user_signing), user_id),
        }


def _check_same(answer: Json, ours: Json, user_id: str, device_id: str) -> None:
    try:
        theirs = answer["device_keys"][user_id][device_id]["keys"]
        same = set(theirs) == set(ours["keys"]) and all(equals(theirs[key], ours["keys"][key]) for key in theirs)
    except (KeyError, TypeError, AttributeError):
        same = False
    if not same:
        raise NotOurDevice("the homeserver presents other keys than ours for our device")

"""What can go wrong between us and the homeserver. No message carries content, a key, or a server's own words."""

import re

_CODE = re.compile(r"[A-Z][A-Z0-9_.]{0,63}")


class MatrixError(Exception):
    """Something between us and the homeserver failed."""


class Unavailable(MatrixError):
    """The homeserver cannot answer now: trying again later can heal it.

    retry_after is what the server asks us to wait, in seconds, or None.
    """

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(f"the homeserver is not available: {reason}")
        self.retry_after = retry_after


class TokenRevoked(MatrixError):
    """The homeserver no longer knows our access token: sign in again with `roundtable init --recover`."""


class Rejected(MatrixError):
    """The homeserver understood the request and refused it; the same request will be refused again."""

    def __init__(self, status: int, code: object) -> None:
        self.status = status
        self.code = code if isinstance(code, str) and _CODE.fullmatch(code) else "M_UNKNOWN"
        super().__init__(f"the homeserver refused: {status} {self.code}")


class NotAllowed(Rejected):
    """We may not do this, or what it is about does not exist (any more) for us."""


class PasswordNeeded(MatrixError):
    """The homeserver asks for the account's password before it accepts new signing keys."""


class NotEncrypted(MatrixError):
    """The room is not encrypted: nothing was sent."""

    def __init__(self, room_id: str) -> None:
        super().__init__(f"room {room_id} is not encrypted: nothing was sent")


class WrongRecoveryKey(MatrixError):
    """The recovery key is mistyped or belongs to another secret storage."""


class BadSecretStorage(MatrixError):
    """The account's secret storage is missing, incomplete, or was changed."""


class BadAttachment(MatrixError):
    """A file is not what the message that announced it says, or the message says it in a way that makes no sense."""


class NotOurDevice(MatrixError):
    """The homeserver presents other keys than ours for our device: they are not signed."""


class StoreLocked(MatrixError):
    """Another process uses the crypto store."""


class StoreUnreadable(MatrixError):
    """The crypto store is corrupt, its key is wrong, or it belongs to another account or device."""


class VerificationFailed(MatrixError):
    """A verification cannot go on; code is the specification's, as it is sent to the other side."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(f"the verification failed: {code}")


class NotTheSame(MatrixError):
    """What was compared is not the verification under way (any more): compare again."""

    def __init__(self, user_id: str) -> None:
        super().__init__(f"nothing to confirm: what was compared with {user_id} is over, or is another verification")

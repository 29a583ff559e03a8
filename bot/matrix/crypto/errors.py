"""What can go wrong between us and the homeserver. No message carries content, a key, or a server's own words."""

import re
from enum import StrEnum

_CODE = re.compile(r"[A-Z][A-Z0-9_.]{0,63}")


class MatrixError(Exception):
    """Something between us and the homeserver failed."""


class Unavailable(MatrixError):
    """The homeserver cannot answer now: trying again later can heal it.

    retry_after is what the server asks us to wait, in seconds, or None. limited: it only asks us to slow down, nothing
    is wrong with what we asked.
    """

    def __init__(self, reason: str, *, retry_after: float | None = None, limited: bool = False) -> None:
        super().__init__(f"the homeserver is not available: {reason}")
        self.retry_after = retry_after
        self.limited = limited


class TooLarge(Unavailable):
    """An answer has more bytes than what we asked can need: it was not read to its end."""

    def __init__(self, largest: int) -> None:
        super().__init__(f"an answer of more than {largest} bytes")


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


class BadAddress(Rejected):
    """What should be a part of an address can't be one: nothing was asked. Who chose it is not shown its words."""

    def __init__(self) -> None:
        super().__init__(400, "M_INVALID_PARAM")


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


class Outcome(StrEnum):
    """What to do about a request that failed."""

    LATER = "later"
    """It may heal: the same request again, later, though not without end."""
    NEVER = "never"
    """The same request will be refused again, whatever its answer said: something else must be done in its place."""
    PLACE = "place"
    """Nothing is wrong with the request, but we may not act there, or there is no such place (any more)."""


def judge(problem: Exception) -> Outcome:
    """What the failure of a request means; whatever is not of the homeserver's making may heal."""
    if isinstance(problem, NotAllowed | NotEncrypted):
        return Outcome.PLACE
    return Outcome.NEVER if isinstance(problem, Rejected) else Outcome.LATER

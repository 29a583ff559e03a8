"""A message as it comes to the dispatcher, and as it is heard: meant for the bot, not yet understood."""

from dataclasses import dataclass, replace

from cases.errors import Refusal
from chat.reading import unlink
from chat.replies import Meant
from storage import causes
from storage.find import Card
from storage.questions import Question

DONE = "done"
"""How a line ends that was carried out."""


@dataclass(frozen=True, repr=False)
class Incoming:
    """A message that was decrypted and whose sender's device is trusted."""

    event_id: str
    room_id: str
    sender: str
    body: str
    mentions: tuple[str, ...] = ()
    replies_to: str | None = None
    replaces: str | None = None
    """The event that this message is an edit of."""
    pills: tuple[tuple[str, str], ...] = ()
    """What stands in the text for somebody who is mentioned, and the user id."""
    ciphertext: tuple[str, str, int] | None = None
    """What was decrypted: the key of the device, the session, and the place in it."""
    seems_to_answer: str | None = None
    """The event that it is a reply to by what stands outside the encryption: the homeserver's word, a hint at most."""
    is_vote: bool = False
    """Whether it is a tap in a poll: what comes of it that is no card is told to this person alone."""
    edits_unknown: bool = False
    """Whether it is an edit that does not say inside the encryption of which message."""
    is_caption: bool = False
    """Whether it stands under a picture or a file, where a command is only told how it is said."""

    @property
    def message_id(self) -> str:
        """The event that people see as the message, however often it was edited."""
        return self.replaces or self.event_id

    def unlinked(self) -> "Incoming":
        """The same, with names where the text links to people."""
        body, pills = unlink(self.body)
        if not pills:
            return self
        named = tuple(user_id for _, user_id in pills if user_id not in self.mentions)
        return replace(self, body=body, pills=(*self.pills, *pills), mentions=(*self.mentions, *named))

    def cause(self, line: int = 1) -> str:
        """What has its effect once: a line of this event, whatever the event says that it edits."""
        return causes.of_event(self.event_id, line)

    def also(self, line: int = 1) -> tuple[str, ...]:
        """The same line, once more: the homeserver can give the same ciphertext another event id."""
        return (causes.of_ciphertext(*self.ciphertext, line),) if self.ciphertext else ()

    def logged(self, cause: str) -> str:
        """The name of a line in the audit log: what an edit did goes with the message that it edits, too."""
        return causes.in_edit(cause, self.replaces) if self.replaces else cause


@dataclass(frozen=True, repr=False)
class Heard:
    """A message that is meant for the bot, before it is understood."""

    text: str
    channel: str
    card: Card | None
    guess: Card | None = None
    """The card that it seems to answer, if that is not sure."""
    bare: bool = False
    """Whether only that guess makes a command of it."""
    line: int = 1
    """Which line of its message it is."""
    of: int = 1
    """How many lines that has."""
    ticks: bool = False
    """Whether lines of a chair are among them, which are answered together."""
    notes: bool = False
    """Whether lines of a chair are commands here: a round table is being held."""
    meant: tuple[Meant, ...] = ()
    """What it may mean, if that is not sure."""
    prefixed: bool = False
    """Whether ``!`` or ``/`` stands before it."""
    agreed: Question | None = None
    """The question that it answers."""
    alone: bool = False
    """Whether what comes of it that is no card is told to this person alone: it was tapped, or said there."""
    from_shell: bool = False
    """Whether it was typed in the shell of the bot's server: nobody can be asked back there."""
    refusal: Refusal | None = None
    """Why it is not read at all."""

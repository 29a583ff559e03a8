"""What one may want to do: the groups in which the help shows the commands."""

from dataclasses import dataclass


@dataclass(frozen=True, repr=False)
class Group:
    """Commands for one purpose; both texts are English, and translated by the catalogue."""

    word: str
    """What is typed to open it: ``!help ask``."""
    title: str
    """What it holds, in so few words that they fit beside the word on a phone."""


ASK = Group("ask", "concerns, questions, answers")
ACT = Group("act", "who does what, by when")
DECIDE = Group("decide", "decisions and positions")
MEET = Group("meet", "planning a round table")
DURING = Group("during", "holding a round table")
MINUTES = Group("minutes", "what was said and agreed")
SHARE = Group("share", "what leaves the table")
PERSON = Group("person", "the person's own view")
CASE = Group("case", "how the case stands")
ME = Group("me", "tasks, reminders, settings")
MISTAKE = Group("mistake", "putting something right")
ADMIN = Group("admin", "identities, checks, health")
GROUPS = (ASK, ACT, DECIDE, MEET, DURING, MINUTES, SHARE, PERSON, CASE, ME, MISTAKE, ADMIN)
"""In the order in which the help shows them."""

"""Time-boxed places."""

from datetime import timedelta

from commands.stay.rules import limit
from tests.cases.table import ADA, CLEO

WALK = [
    "cleo @coordination: !case release {ref} Gina Dekker because: she is away",
    "cleo: !expert Gina Dekker until: in 60 days because: his nights brief: he hardly sleeps",
    "cleo: !brief Gina Dekker",
]
STORY = [
    (
        "stay",
        lambda c, at: limit(
            c,
            ADA,
            until=at + timedelta(days=30),
            because="w302 the school",
            expert=False,
            brief="w303 he is away",
            by=CLEO,
            at=at,
        ),
    )
]

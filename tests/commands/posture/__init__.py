from commands.posture.rules import Posture, set_posture
from tests.cases.table import CLEO

WALK = [
    "cleo: !posture school background because: his class must not know",
    "cleo: !posture youth consult because: only if he goes to the club",
    "cleo: !posture youth active",
    "cleo @coordination: !case invite {ref} Iris Kok because: he goes there again",
    "cleo @coordination: !case invite {ref} Jack Post because: he goes there again",
    "cleo: !brief Iris Kok",
    "cleo: !brief Jack Post",
]
STORY = [
    (
        "posture",
        lambda c, at: set_posture(c, "police", Posture.BACKGROUND, because="w182 the uniform", by=CLEO, at=at),
    ),
]

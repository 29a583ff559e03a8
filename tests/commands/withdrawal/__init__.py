from commands.withdrawal.rules import withdraw
from tests.cases.table import CLEO, FINN

WALK = [
    "jack: !withdraw because: he is an adult now owner: school",
    "cleo @coordination: !case invite {ref} Jack Post because: they come back",
    "cleo @coordination: !case invite {ref} Iris Kok because: they come back",
    "cleo: !brief Jack Post",
    "cleo: !brief Iris Kok",
]
STORY = [
    ("withdraw", lambda c, at: withdraw(c, because="w94 adult now", owner="social", by=FINN, at=at)),
    ("invite", lambda c, at: c.invite(FINN, because="w95 ill again", by=CLEO, at=at)),
    ("withdraw for", lambda c, at: withdraw(c, because="w940 merged", owner="social", by=CLEO, at=at, gone="health")),
    ("invite", lambda c, at: c.invite(FINN, because="w950 is back", by=CLEO, at=at)),
]

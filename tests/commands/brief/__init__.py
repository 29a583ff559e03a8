"""The authored brief."""

from commands.brief.rules import write
from tests.cases.table import ADA

WALK = ["ada: !brief he stays with his aunt since May", "finn: !brief", "ada: !correct B-1 he stays with his aunt"]
STORY = [("brief text", lambda c, at: write(c, "w301 with his aunt", by=ADA, at=at))]

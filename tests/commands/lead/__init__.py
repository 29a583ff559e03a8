from commands.lead.rules import name_lead
from tests.cases.table import CLEO, FINN

WALK = ["cleo: !lead Finn de Boer because: he knows him best"]
STORY = [("lead", lambda c, at: name_lead(c, FINN.user_id, because="w181 knows him", by=CLEO, at=at))]

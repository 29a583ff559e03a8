from cases.people import Professional
from commands.advice.rules import advise, send, word
from tests.cases.table import ADA, FINN

STEERING = Professional(FINN.user_id, FINN.name, "")
WALK = [
    "kees @admin: !member sits Ella Mulder steering, leaders because: she heads the service",
    "ada: !advice may we visit his aunt?",
    "ada: !advice may Finn tell the school about {ref}?",
    "ada: !send V-2",
    "ella @steering: !advise yes, with his consent",
]
STORY = [
    ("advice", lambda c, at: word(c, "w201 may we?", "steering", by=ADA, at=at)),
    ("send", lambda c, at: send(c, "V-1", "w201 may we?", by=ADA, at=at, steers=False)),
    ("advise", lambda c, at: advise(c, "V-1", "w202 yes", by=STEERING, at=at)),
]

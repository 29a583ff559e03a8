"""What the rules may refuse; everything else that escapes is a fault."""


class Refusal(Exception):
    """A rule said no.

    ``code`` names the reply template (``commands/templates/refused/<code>.html``) and the audit outcome;
    ``facts`` fill the template. Neither ever carries what a person typed, unless the template is to show it back
    to that same person in that same room. The fact ``card`` is the id of the record that a reply to it is about.
    """

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts

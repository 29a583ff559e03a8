"""What a scheme says of asking and telling: on which basis, with which consent, on which ground it is refused."""

import re
from collections.abc import Iterable

from cases.errors import Refusal
from cases.scheme import LawfulBasis, Scheme
from commands.request.rules import Consent, Ground, Standing

_CONSENT = {"yes": Consent.YES, "ja": Consent.YES, "no": Consent.NO, "nee": Consent.NO}
_NOT_ASKED = re.compile(
    r"(?:not asked|niet gevraagd)\b[\s,:]{0,3}(?:(?:because|since|as|omdat)\b)?[\s:]{0,3}", re.IGNORECASE
)
_AROUND = " .,;:!"


def read_standing(scheme: Scheme, basis: str | None, condition: str | None, consent: str | None = None) -> Standing:
    """On what something is asked or told; raises Refusal for what the scheme does not know, or lacks a condition."""
    found = _find(basis, scheme) if basis else None
    if condition and scheme.second_conditions:
        condition = _known(condition, scheme.second_conditions)
        if condition is None:
            raise Refusal("request/unknown_condition", conditions=scheme.second_conditions)
    if found and found.sensitive and not condition:
        raise Refusal("request/needs_condition", basis=found.name, conditions=scheme.second_conditions)
    given, why = _read_consent(consent) if consent else (None, None)
    return Standing(
        found.name if found else basis, condition, scheme.bases_version if found else None, consent=given, not_asked=why
    )


def require_grounds(scheme: Scheme, grounds: Iterable[Ground]) -> None:
    """Refuse a ground that the scheme does not have."""
    if scheme.grounds and set(grounds) - set(scheme.grounds):
        raise Refusal("request/no_such_ground", grounds=scheme.grounds)


def require_may_be_asked(scheme: Scheme, *texts: str | None) -> None:
    """Refuse what nobody may ask for under this scheme, with the scheme's own reason."""
    for rule in scheme.never_asked:
        for word in rule.words:
            if any(re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) for text in texts if text):
                raise Refusal("request/never_asked", because=rule.because)


def _find(typed: str, scheme: Scheme) -> LawfulBasis | None:
    """The basis of the catalogue that was typed; None: it is worded freely, where the scheme allows that."""
    name = _known(typed, [basis.name for basis in scheme.bases])
    if name is None and not scheme.free_basis:
        raise Refusal("request/unknown_basis", bases=scheme.bases, version=scheme.bases_version)
    return next((basis for basis in scheme.bases if basis.name == name), None)


def _known(typed: str, names: Iterable[str]) -> str | None:
    folded = " ".join(typed.casefold().split()).strip(_AROUND)
    return next((name for name in names if name.casefold() == folded), None)


def _read_consent(typed: str) -> tuple[Consent, str | None]:
    word = typed.casefold().strip(_AROUND)
    if word in _CONSENT:
        return _CONSENT[word], None
    if (found := _NOT_ASKED.match(typed)) and (why := typed[found.end() :].strip()):
        return Consent.NOT_ASKED, why
    raise Refusal("request/consent")

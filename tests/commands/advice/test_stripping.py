"""What of a text tells who it is about."""

import time

import pytest

from chat.names import bare, words_of
from commands.advice.stripping import Known, names_somebody, says_something, strip

PEOPLE = ("Finn de Boer", "Gina Dekker", "Seán O’Brien", "Anne-Marie Post", "May Li", "Zoë van der Berg")
KNOWN = Known(
    frozenset(word for name in PEOPLE for word in bare(name)),
    {words_of("Police"): "", words_of("Linden Clinic"): "youth psychiatry", words_of("nameless"): "[…]"},
    frozenset({"A4", "C1"}),
    frozenset({"mustafa"}),
    frozenset({"thursdays"}),
)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("may Finn call?", "may […] call?"),
        ("may finn de boer call?", "may […] call?"),
        ("may Mr. de Boer call?", "may […] call?"),
        ("Finn's and O'Brien's view, and sean obrien's", "[…] and […] view, and […]"),
        ("ask F. de Boer, Zoe van den Berg, and Anne Marie", "ask […], […], and […]"),
        ("may May go, if it comes by post in may?", "may […] go, if it comes by post in may?"),
        ("may the police tell the Linden clinic?", "may the police tell the youth psychiatry?"),
        ("and nameless too", "and […] too"),
        ("mustafa, and Mustafa's aunt", "[…], and […] aunt"),
        ("he lives with Samira in Utrecht", "he lives with […] in […]"),
        ("Parents refuse. Can the Police go on Monday, or Thursdays?", None),
        ("is it GDPR Article 9, or the CANARY rule?", None),
        ("as in K7QF, k7qf and AB34", "as in […], […] and […]"),
        ("see A-12, A4 and C-1/n2, on A5 paper", "see […], […] and […], on A5 paper"),
        ("see A\u201112, C\u20131/n2 and A\u20104", "see […], […] and […]"),
        ("born 3 May 2009, 03.05.2009, 2009-05-03, May 3rd, 2009", "born […], […], […], […]"),
        ("call +31 (0)6-1234 5678 or 112", "call […] or 112"),
        ("write to a.b+c@mail.example.org, see https://x.example/y and @a:b.example", "write to […], see […] and […]"),
        ("at Kerkstraat 12a, 12 Long Hill Road, Baker Street, 1234 AB, SW1A 1AA", "at […], […], […], […], […]"),
        ("number 123456789 of M.K.", "number […] of […]"),
        ("he is 15, twice a week since 2 weeks, 3 of 7", None),
        ("\uff2b\uff17\uff31\uff26", "[…]"),
    ],
)
def test_what_identifies_goes_and_the_rest_stays(text: str, left: str | None) -> None:
    assert strip(text, KNOWN) == (text if left is None else left)
    assert strip(strip(text, KNOWN), KNOWN) == strip(text, KNOWN)


@pytest.mark.parametrize("text", ["ask gina", "ask Dekker", "in K7QF", "ask @a:b.example", "the linden clinic knows"])
def test_a_name_that_is_known_is_found(text: str) -> None:
    assert names_somebody(text, KNOWN)


@pytest.mark.parametrize("text", ["yes, by post", "the police may", "Ask a judge in Utrecht", "call 020-1234567"])
def test_what_the_bot_does_not_know_is_no_name_in_an_answer(text: str) -> None:
    assert not names_somebody(text, Known(KNOWN.people - {"may"}, KNOWN.agencies))


def test_whether_something_is_left() -> None:
    assert not says_something(strip("Finn, 06-12345678?", KNOWN))
    assert says_something(strip("may Finn?", KNOWN))


@pytest.mark.parametrize("part", ["a.", "a@", "1 ", "A. ", "Aa ", "de ", "kerkstraat ", "(", "K7QF ", "finn ", "a-"])
def test_a_long_text_takes_no_long_time(part: str) -> None:
    began = time.process_time()
    strip(part * (8000 // len(part)), KNOWN)
    assert time.process_time() - began < 2.0

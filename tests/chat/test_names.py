import pytest

from chat.names import bare, ends_in_the_middle, is_part, same, untitled


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("sean o'brien", "Sean O\N{RIGHT SINGLE QUOTATION MARK}Brien"),
        ("Sean OBrien", "Sean O\N{RIGHT SINGLE QUOTATION MARK}Brien"),
        ("Marie Louise Smit", "Marie-Louise Smit"),
        ("Marie \N{EN DASH} Louise  Smit", "Marie-Louise Smit"),
        ("ZOE CELIK", "Zo\N{LATIN SMALL LETTER E WITH DIAERESIS} \N{LATIN CAPITAL LETTER C WITH CEDILLA}elik"),
        ("Zoe\N{COMBINING DIAERESIS} C\N{COMBINING CEDILLA}elik", "Zo\N{LATIN SMALL LETTER E WITH DIAERESIS} Çelik"),
        ("noor haddad", "Noor  Haddad \N{SUNFLOWER}"),
        ("\N{FULLWIDTH LATIN CAPITAL LETTER A}da", "Ada"),
        ("Strauss", "Strau\N{LATIN SMALL LETTER SHARP S}"),
    ],
)
def test_spellings_of_one_name_are_the_same(typed: str, name: str) -> None:
    assert same(typed) == same(name)


@pytest.mark.parametrize(("one", "other"), [("Gina Decker", "Gina Dekker"), ("Jan Smit", "Jan Smits"), ("An", "Anne")])
def test_other_names_are_not(one: str, other: str) -> None:
    assert same(one) != same(other)


def test_titles_and_particles_may_be_left_out_and_put_before() -> None:
    assert bare("dr. Finn de Boer") == bare("Finn Boer") == ("finn", "boer")
    assert bare("Jan v.d. Berg") == bare("Jan van der Berg")
    assert untitled("the Health Service") == same("Health service")
    # What is nothing else is the name.
    assert bare("Van Den") == ("van", "den")


def test_a_part_of_a_name_is_whole_words_of_it() -> None:
    assert is_part("de Boer", "Finn de Boer")
    assert is_part("marie louise", "Marie-Louise Smit")
    assert not is_part("Boe", "Finn de Boer")
    assert not is_part("Finn Smit", "Finn de Boer")


def test_a_name_does_not_end_with_what_belongs_to_the_next_word() -> None:
    assert ends_in_the_middle("Finn de")
    assert ends_in_the_middle("Marie -")
    assert not ends_in_the_middle("Finn de Boer")

from pathlib import Path

from commands.permissions import describe

PAGE = Path(__file__).parent.parent.parent / "docs" / "permissions.md"


def test_the_page_says_what_the_authorisation_function_says() -> None:
    """Else: make permissions."""
    assert PAGE.read_text(encoding="utf-8") == describe()


def test_whoever_may_nothing_in_a_room_is_in_no_column_of_it() -> None:
    of_case = describe().split("## ")[1]
    assert "| | practitioner | coordinator |" in of_case
    assert "`!concern` ×" in of_case
    assert "manager" not in of_case

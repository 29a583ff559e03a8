"""The guards in bot/matrix/crypto/ are made for one release of nio: this says what to do when another comes."""

import ast
import re
from importlib.metadata import version
from pathlib import Path

import bot.matrix.crypto

HARDENED = "0.26.0"
FAULTS = range(1, 23)


def test_nio_is_the_release_that_the_guards_are_made_for() -> None:
    assert version("matrix-nio") == HARDENED, (
        f"matrix-nio is {version('matrix-nio')}, but bot/matrix/crypto/ hardens {HARDENED}. Run `pytest -m nio_fault`."
        " A test whose half for plain nio fails shows a fault that may be mended: if it is, remove the guard that"
        " bot/matrix/crypto/__init__.py names for its number, the line there, and the test. Then read what else"
        " changed in what bot/matrix/crypto/machine.py and store.py use: Olm, its stores, and its private methods"
        " (_mark_device_for_unwedging, _olm_encrypt, create_group_session). Last, change HARDENED here."
    )


def test_each_fault_has_its_tests() -> None:
    assert list_marked() == set(FAULTS)


def test_each_fault_has_its_line() -> None:
    listed = re.findall(r"^    (\d+) {2,}\S", bot.matrix.crypto.__doc__ or "", re.MULTILINE)

    assert [int(number) for number in listed] == list(FAULTS)


def list_marked() -> set[int]:
    """The numbers that tests here are marked with, read from the source: so it holds whichever tests are run."""
    numbers = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef):
                continue
            for mark in node.decorator_list:
                match mark:
                    case ast.Call(func=ast.Attribute(attr="nio_fault"), args=[ast.Constant(value=int(number))]):
                        numbers.add(number)
    return numbers

"""What is loaded at a start: nothing that only costs time and memory, though it is installed."""

import subprocess
import sys

import pytest

from bot.imports import hollow, without

NOT_NEEDED = (
    *("Crypto", "aiofiles", "aiohttp_socks", "alembic", "apscheduler", "cffi", "greenlet", "h11", "h2", "http.server"),
    *("psycopg", "pygments", "rich", "twisted", "typst", "wsgiref"),
)


def test_a_running_bot_has_not_loaded_what_it_does_not_need() -> None:
    load = "import sys, bot.logs, bot.app, commands; commands.registry_of_all(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", load], capture_output=True, text=True, check=True).stdout.split()
    assert "nio.crypto" in loaded
    assert not {*NOT_NEEDED} & {*loaded}


def test_what_was_left_out_can_be_had_afterwards() -> None:
    load = "import bot.app, nio, psycopg, wsgiref; print(nio.AsyncClient.__name__, psycopg.connect.__name__, wsgiref)"
    loaded = subprocess.run([sys.executable, "-c", load], capture_output=True, text=True, check=True).stdout.split()
    assert loaded[:2] == ["AsyncClient", "connect"]
    assert "wsgiref" in loaded[3]


def test_what_is_loaded_already_stays() -> None:
    with without("json", "no_such_package"):
        import json  # noqa: PLC0415 the point of it

        with pytest.raises(ModuleNotFoundError):
            import no_such_package  # type: ignore[import-not-found] # noqa: F401, PLC0415
    assert sys.modules["json"] is json
    assert "no_such_package" not in sys.modules


def test_a_hollow_module_has_names_that_nothing_can_be_made_of() -> None:
    with hollow("json", "no_such_module"):
        import json  # noqa: PLC0415 the point of it

        from no_such_module import Thing  # type: ignore[import-not-found] # noqa: PLC0415
    assert json.loads("[]") == []
    with pytest.raises(ImportError, match=r"no_such_module\.Thing"):
        Thing("what it takes")
    assert "no_such_module" not in sys.modules

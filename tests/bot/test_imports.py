"""What is loaded at a start: nothing that only costs time and memory, though it is installed."""

import subprocess
import sys

import pytest

from bot.imports import without

NOT_NEEDED = (
    *("Crypto", "aiofiles", "aiohttp_socks", "alembic", "apscheduler", "cffi", "greenlet", "h11", "h2", "http.server"),
    *("prometheus_client", "psycopg", "pygments", "rich", "twisted", "typst", "wsgiref"),
)


def test_a_running_bot_has_not_loaded_what_it_does_not_need() -> None:
    load = "import sys, bot.logs, bot.app, commands; commands.registry_of_all(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", load], capture_output=True, text=True, check=True).stdout.split()
    assert "nio.crypto" in loaded
    assert not {*NOT_NEEDED} & {*loaded}


def test_a_running_bot_reads_the_certificates_of_the_system_when_it_needs_them() -> None:
    load = """if True:
        import ssl, bot.app
        from aiohttp import connector
        for made in (connector._SSL_CONTEXT_VERIFIED, connector._SSL_CONTEXT_UNVERIFIED):
            print(made.cert_store_stats()["x509_ca"], made.verify_mode.name, made.check_hostname)
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.set_default_verify_paths()
        print(made.cert_store_stats() == ssl.create_default_context().cert_store_stats())
    """
    said = subprocess.run([sys.executable, "-c", load], capture_output=True, text=True, check=True).stdout.splitlines()
    assert said == ["0 CERT_REQUIRED True", "0 CERT_NONE False", "True"]


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


def test_a_module_is_loaded_when_one_of_its_names_is_used() -> None:
    load = """if True:
        import sys
        from bot.imports import later

        with later("json", "fractions", "sys"):
            from fractions import Fraction
            from json import dumps
            import sys as still
        print("json" in sys.modules, "fractions" in sys.modules, still is sys)
        print(dumps([1]), "json" in sys.modules, "fractions" in sys.modules)
        print(isinstance(1, Fraction), isinstance(Fraction(1, 2), Fraction), Fraction.from_float(0.5))
    """
    said = subprocess.run([sys.executable, "-c", load], capture_output=True, text=True, check=True).stdout.splitlines()
    assert said == ["False False True", "[1] True False", "False True 1/2"]


def test_nio_does_all_that_it_does_though_the_bot_was_loaded_first() -> None:
    load = """if True:
        import sys, bot.app, nio
        from nio.crypto import olm_machine

        sealed, keys = nio.crypto.encrypt_attachment(b"a file")
        key, digest, iv = keys["key"]["k"], keys["hashes"]["sha256"], keys["iv"]
        print(nio.crypto.decrypt_attachment(sealed, key, digest, iv))
        answer = nio.KeysQueryResponse({}, {})
        print(isinstance(answer, olm_machine.KeysQueryResponse), isinstance(answer, olm_machine.KeysUploadResponse))
    """
    said = subprocess.run([sys.executable, "-c", load], capture_output=True, text=True, check=True).stdout.splitlines()
    assert said == ["b'a file'", "True False"]

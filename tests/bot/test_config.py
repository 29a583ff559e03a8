# lines: a test for each setting, as the module has them

import os
from datetime import date
from pathlib import Path

import pytest

from bot import house
from bot.config import (
    SIGN_IN_ANEW,
    Config,
    ConfigProblem,
    describe,
    find_path,
    load,
)
from bot.database import read_url
from bot.sections import Section, check_user, read_holidays
from storage.database import file_of

ROOT = Path(__file__).parent.parent.parent
EXAMPLE: dict[str, dict[str, object]] = {
    "matrix": {
        "homeserver": "https://matrix.example.org",
        "user_id": "@roundtable:example.org",
        "device_id": "ROUNDTABLE1",
    },
    "house": {"scheme": "safety table", "zone": "Europe/Amsterdam"},
}
TOKEN = "syt_canary_token"
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("ROUNDTABLE_"):
            monkeypatch.delenv(name)


def write_private(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def a_deployment(directory: Path, text: str | None = None) -> Path:
    """A folder with all secret files, and a configuration in it."""
    write_private(directory / "access_token", TOKEN + "\n")
    write_private(directory / "crypto.key", KEY + "\n")
    write_private(directory / "master.key", KEY + "\n")
    return write_private(directory / "config.toml", describe(EXAMPLE) if text is None else text)


def problems_of(path: Path) -> tuple[str, ...]:
    with pytest.raises(ConfigProblem) as told:
        load(path)
    return told.value.problems


def test_the_example_loads_and_every_other_value_has_its_place(tmp_path: Path) -> None:
    path = a_deployment(tmp_path, (ROOT / "config.example.toml").read_text())

    config = load(path)

    assert config.matrix.homeserver == "https://matrix.example.org"
    assert config.matrix.token() == TOKEN
    assert config.matrix.store_dir == tmp_path / "crypto"
    assert config.matrix.store_key() == bytes(range(32))
    assert config.store.master_key() == bytes(range(32))
    assert config.store.url == f"sqlite:///{tmp_path}/roundtable.db"
    assert (config.house.scheme, config.house.zone, config.house.name) == (
        "safety table",
        "Europe/Amsterdam",
        "Roundtable",
    )
    assert (config.server.health_host, config.server.health_port) == ("127.0.0.1", 8765)
    assert config.schedule.tick_seconds == 30
    assert (config.log.level, config.log.format) == ("info", "json")


def test_the_example_is_what_init_would_write() -> None:
    assert (ROOT / "config.example.toml").read_text() == describe(EXAMPLE)


def test_each_key_of_the_model_stands_in_the_example_with_its_explanation() -> None:
    lines = (ROOT / "config.example.toml").read_text().splitlines()
    keys = ["data_dir"]
    for field in Config.model_fields.values():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            keys += field.annotation.model_fields
    for key in keys:
        at = [i for i, line in enumerate(lines) if line.removeprefix("# ").startswith((f"{key} =", f"{key}:"))]
        assert at, f"{key} is not in the example"
        assert all(lines[i - 1].startswith("# ") for i in at), f"{key} is not explained"


def test_all_mistakes_are_told_at_once_by_name(tmp_path: Path) -> None:
    path = a_deployment(
        tmp_path,
        """
        colour = "green"
        [matrix]
        homserver = "https://matrix.example.org"
        user_id = "roundtable"
        device_id = "ROUNDTABLE1"
        [house]
        scheme = "safety table"
        zone = "Europe/Utrecht"
        [server]
        health_port = 70000
        [schedule]
        tick_seconds = "soon"
        [log]
        format = "xml"
        """,
    )
    assert sorted(problems_of(path)) == [
        "colour is no key that I know; known are: data_dir, matrix, store, house, server, board, schedule, log, scheme",
        "house.zone is no time zone that I know; use a name such as Europe/Amsterdam",
        "log.format is not right: input should be 'json' or 'console'",
        "matrix.homeserver is missing: the address of your homeserver, e.g. https://matrix.example.org",
        "matrix.homserver is no key that I know; is homeserver meant?",
        "matrix.user_id is no full Matrix id, such as @roundtable:example.org",
        "schedule.tick_seconds is not right: input should be a valid number, unable to parse string as a number",
        "server.health_port is not right: input should be less than or equal to 65535",
    ]


IN_CLEAR = "must begin with https:// (http:// only on this machine): who can change the page reads what it reads"
NO_APP = "must name the addresses of apps alone, such as https://app.element.io, without a path"


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ('address = "board.example.org"', "board.address is no web address, such as https://board.example.org"),
        ('address = "http://board.example.org"', f"board.address {IN_CLEAR}"),
        (
            'address = "https://a:b@board.example.org"',
            "board.address is no web address, such as https://board.example.org",
        ),
        (
            'address = "https://b.example.org/?a=b"',
            "board.address is no web address, such as https://board.example.org",
        ),
        ('host = "board.example.org"', "board.host must be an address of this machine, such as 127.0.0.1"),
        ("port = 0", "board.port is not right: input should be greater than or equal to 1"),
        ("frame_ancestors = []", f"board.frame_ancestors {NO_APP}"),
        ('frame_ancestors = ["*"]', f"board.frame_ancestors {NO_APP}"),
        ('frame_ancestors = ["https://*.example.org"]', f"board.frame_ancestors {NO_APP}"),
        ('frame_ancestors = ["http://app.element.io"]', f"board.frame_ancestors {NO_APP}"),
        ('frame_ancestors = ["https://app.element.io/x"]', f"board.frame_ancestors {NO_APP}"),
        ('frame_ancestors = ["https://a; script-src *"]', f"board.frame_ancestors {NO_APP}"),
    ],
)
def test_the_board_is_checked_at_start_by_name(tmp_path: Path, keys: str, problem: str) -> None:
    example = (ROOT / "config.example.toml").read_text()
    path = a_deployment(tmp_path, example.replace("[board]\n", f"[board]\n{keys}\n"))
    assert problems_of(path) == (problem,)


def test_an_empty_file_names_what_must_be_there(tmp_path: Path) -> None:
    problems = problems_of(a_deployment(tmp_path, ""))
    assert [problem.split()[0] for problem in problems] == [
        "matrix.homeserver",
        "matrix.user_id",
        "matrix.device_id",
        "house.scheme",
        "house.zone",
    ]
    assert all(" is missing: " in problem for problem in problems)


def test_a_table_that_is_no_table_is_told(tmp_path: Path) -> None:
    problems = problems_of(a_deployment(tmp_path, 'matrix = "localhost"\n' + 'house = ["a"]'))
    assert [problem.split()[0] for problem in problems] == ["matrix", "house"]


@pytest.mark.parametrize(
    ("homeserver", "problem"),
    [
        ("http://matrix.example.org", "must begin with https://"),
        ("http://127.0.0.1.example.org", "must begin with https://"),
        ("matrix.example.org", "is no web address"),
        ("https://matrix.example.org/somewhere", "is no web address"),
        ("https://me:secret@matrix.example.org", "holds a user name or password"),
        ("https://[", "is no web address"),
        ("https://matrix.example.org:port", "is no web address"),
    ],
)
def test_a_token_is_not_sent_to_just_any_address(tmp_path: Path, homeserver: str, problem: str) -> None:
    values = {**EXAMPLE, "matrix": {**EXAMPLE["matrix"], "homeserver": homeserver}}
    (told,) = problems_of(a_deployment(tmp_path, describe(values)))
    assert told.startswith(f"matrix.homeserver {problem}")
    assert "secret" not in told


@pytest.mark.parametrize("homeserver", ["http://127.0.0.1:8008", "http://localhost:8008", "http://[::1]:8008"])
def test_a_homeserver_on_this_machine_needs_no_https(tmp_path: Path, homeserver: str) -> None:
    values = {**EXAMPLE, "matrix": {**EXAMPLE["matrix"], "homeserver": homeserver}}
    assert load(a_deployment(tmp_path, describe(values))).matrix.homeserver == homeserver


def test_secret_files_must_be_there_be_private_and_hold_a_key(tmp_path: Path) -> None:
    path = a_deployment(tmp_path)
    (tmp_path / "access_token").unlink()
    (tmp_path / "crypto.key").chmod(0o640)
    write_private(tmp_path / "master.key", "c2hvcnQ=")

    problems = problems_of(path)

    assert problems == (
        f"matrix.access_token_file leads to {tmp_path}/access_token, which does not exist: {SIGN_IN_ANEW}",
        f"matrix.store_key_file leads to {tmp_path}/crypto.key, which others can read: chmod 600 {tmp_path}/crypto.key",
        f"store.master_key_file leads to {tmp_path}/master.key, which does not hold a key of 32 bytes in base64",
    )


@pytest.mark.parametrize("content", [b"", b"two\nlines", b"\xff\xfe", b"x" * 20_000])
def test_a_secret_is_one_line_of_plain_text(tmp_path: Path, content: bytes) -> None:
    path = a_deployment(tmp_path)
    (tmp_path / "access_token").write_bytes(content)
    (told,) = problems_of(path)
    assert told.endswith("which does not hold one line of plain text")


def test_a_token_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    text = describe(EXAMPLE).replace("\n[matrix]\n", f'\n[matrix]\naccess_token = "{TOKEN}"\n')
    (told,) = problems_of(a_deployment(tmp_path, text))
    assert told.startswith("matrix.access_token stands in ")
    assert TOKEN not in told


def test_a_token_comes_from_the_environment_and_is_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = a_deployment(tmp_path)
    (tmp_path / "access_token").unlink()
    monkeypatch.setenv("ROUNDTABLE_MATRIX__ACCESS_TOKEN", TOKEN)

    config = load(path)

    assert config.matrix.token() == TOKEN
    assert TOKEN not in repr(config)
    assert TOKEN not in str(config)


def test_the_environment_counts_more_than_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = a_deployment(tmp_path)
    monkeypatch.setenv("ROUNDTABLE_HOUSE__ZONE", "Europe/Tallinn")
    monkeypatch.setenv("ROUNDTABLE_SERVER__HEALTH_PORT", "0")

    config = load(path)

    assert (config.house.zone, config.house.scheme) == ("Europe/Tallinn", "safety table")
    assert config.server.health_port == 0


def test_a_variable_that_is_no_setting_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = a_deployment(tmp_path)
    monkeypatch.setenv("ROUNDTABLE_ZONE", "Europe/Tallinn")
    monkeypatch.setenv("ROUNDTABLE_HOUSE__COLOUR", "green")
    assert problems_of(path) == (
        "the variable ROUNDTABLE_ZONE is no setting that I know: unset it",
        "house.colour is no key that I know; is country meant?",
    )


def test_a_variable_that_holds_no_table_is_told_without_its_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_deployment(tmp_path)
    monkeypatch.setenv("ROUNDTABLE_MATRIX", f"{{{TOKEN}")
    (told,) = problems_of(path)
    assert TOKEN not in told


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("sqlite:///roundtable.db", "needs the whole path"),
        ("postgresql+psycopg://roundtable:hunter2@db/roundtable", "holds a password"),
        ("postgresql+psycopg://db/roundtable?user=r&password=hunter2", "holds a password"),
        ("mysql://db/roundtable", "must begin with"),
    ],
)
def test_a_database_address_that_cannot_be_meant_is_told(tmp_path: Path, url: str, problem: str) -> None:
    (told,) = problems_of(a_deployment(tmp_path, describe({**EXAMPLE, "store": {"url": url}})))
    assert told.startswith(f"store.url {problem}")
    assert "hunter2" not in told


def test_a_health_check_answers_only_at_an_address(tmp_path: Path) -> None:
    values: dict[str, dict[str, object]] = {
        **EXAMPLE,
        "server": {"health_host": "matrix.example.org", "health_port": 1},
    }
    (told,) = problems_of(a_deployment(tmp_path, describe(values)))
    assert told == "server.health_host must be an address of this machine, such as 127.0.0.1"


def test_a_broken_file_is_told_without_what_stands_in_it(tmp_path: Path) -> None:
    (told,) = problems_of(a_deployment(tmp_path, f'data_dir = "."\n[matrix]\naccess_token = {TOKEN}\n'))
    assert "is no TOML (at line 3)" in told
    assert TOKEN not in told


def test_a_missing_file_says_what_makes_it(tmp_path: Path) -> None:
    (told,) = problems_of(tmp_path / "config.toml")
    assert told == f"the configuration {tmp_path}/config.toml does not exist: roundtable init writes it"


@pytest.mark.parametrize("name", ["access_token", "crypto.key"])
def test_a_lost_session_is_recovered_and_not_set_up_anew(tmp_path: Path, name: str) -> None:
    path = a_deployment(tmp_path)
    (tmp_path / name).unlink()
    (told,) = problems_of(path)
    assert told.endswith("sign in anew: roundtable init --recover")


def test_a_lost_master_key_comes_from_its_backup_only(tmp_path: Path) -> None:
    path = a_deployment(tmp_path)
    (tmp_path / "master.key").unlink()
    (told,) = problems_of(path)
    assert told.endswith("which does not exist: bring it back from its backup, no content opens without it")


def test_a_lost_configuration_beside_a_bot_comes_from_its_backup(tmp_path: Path) -> None:
    path = a_deployment(tmp_path)
    path.unlink()
    (told,) = problems_of(path)
    assert "holds master.key, crypto.key, access_token of a bot that was set up; bring it back from its backup" in told


@pytest.mark.parametrize("text", [describe(EXAMPLE), describe(EXAMPLE).replace("\n", "\r\n")])
def test_a_file_of_an_editor_that_marks_its_encoding_is_read(tmp_path: Path, text: str) -> None:
    path = a_deployment(tmp_path)
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    (tmp_path / "access_token").write_bytes(b"\xef\xbb\xbf" + TOKEN.encode() + b"\r\n")
    assert load(path).matrix.token() == TOKEN


@pytest.mark.parametrize("name", ["x?y", "50% off", "a#b", "Zoë & co", "[bold]"])
def test_a_store_is_found_in_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    url = load(a_deployment(folder)).store.url
    assert file_of(url) == folder / "roundtable.db"
    assert file_of(read_url(f"sqlite:{folder}/roundtable.db")) == folder / "roundtable.db"


@pytest.mark.parametrize(
    "user_id",
    [
        "@Ada:example.org",
        "@Ada.Jansen!#$%&'*:example.org",
        "@ada:[fd00::1]:8448",
        "@ada:192.0.2.7",
        "@ada:Example.ORG:8448",
        f"@{'a' * 242}:example.org",
    ],
)
def test_a_historical_id_and_each_kind_of_server_is_valid(user_id: str) -> None:
    assert check_user(user_id) == user_id


@pytest.mark.parametrize(
    "user_id",
    [
        "ada:example.org",
        "@ada",
        "@:example.org",
        "@ada:",
        "@ada jansen:example.org",
        "@ada:example.org:port",
        "@ada:fd00::1",
        "@ada:[example.org]",
        "@ada:exa_mple.org",
        "@zoë:example.org",
        "@ada:example.org\n",
        f"@{'a' * 243}:example.org",
    ],
)
def test_what_is_no_id_is_refused(user_id: str) -> None:
    with pytest.raises(ValueError, match="is no full Matrix id"):
        check_user(user_id)


def test_paths_begin_in_the_data_folder_and_that_begins_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    a_deployment(tmp_path / "data")
    path = write_private(tmp_path / "config.toml", describe(EXAMPLE, "data"))
    assert load(path).matrix.store_dir == tmp_path / "data" / "crypto"


def test_the_option_counts_more_than_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_path(None) == Path("config.toml")
    monkeypatch.setenv("ROUNDTABLE_CONFIG", "/etc/roundtable.toml")
    assert find_path(None) == Path("/etc/roundtable.toml")
    assert find_path("here.toml") == Path("here.toml")


def test_a_secret_file_that_vanished_since_the_start_is_told(tmp_path: Path) -> None:
    config = load(a_deployment(tmp_path))
    (tmp_path / "master.key").unlink()
    with pytest.raises(ConfigProblem, match=r"^store\.master_key_file leads to .*, which does not exist"):
        config.store.master_key()


def test_a_scheme_has_its_own_country(tmp_path: Path) -> None:
    text = describe(EXAMPLE | {"house": {**EXAMPLE["house"], "country": "NL"}})
    config = load(a_deployment(tmp_path, text + '\n[scheme."youth crime"]\ncountry = "DE-NW"\n'))

    assert config.house.country == "NL"
    assert config.scheme["youth crime"].country == "DE-NW"
    assert date(2026, 12, 26) in read_holidays("NL")
    assert date(2026, 11, 1) in read_holidays("DE-NW")
    assert date(2026, 11, 1) not in read_holidays("DE-BE")
    assert date(2026, 12, 25) not in read_holidays(None)


def test_a_scheme_has_its_own_quorum(tmp_path: Path) -> None:
    text = describe(EXAMPLE) + '\n[scheme."youth crime"]\nquorum_agencies = 4\nmandatory_agencies = ["police"]\n'
    schemes = house._schemes(load(a_deployment(tmp_path, text)))
    asked = {name: (scheme.quorum_agencies, scheme.mandatory) for name, scheme in schemes.items()}
    assert asked == {"safety table": (3, ()), "youth crime": (4, ("police",))}

    assert problems_of(a_deployment(tmp_path, text.replace("= 4", "= 1"))) == (
        "scheme.youth crime.quorum_agencies is not right: input should be greater than or equal to 2",
    )


@pytest.mark.parametrize(("written", "meant"), [("nl", "NL"), ("de-nw", "DE-NW"), ("Nl", "NL"), ("FI", "FI")])
def test_the_code_of_a_country_is_read_in_any_case(tmp_path: Path, written: str, meant: str) -> None:
    text = describe(EXAMPLE | {"house": {**EXAMPLE["house"], "country": written}})
    assert load(a_deployment(tmp_path, text)).house.country == meant


def test_a_country_that_is_not_known_is_named(tmp_path: Path) -> None:
    text = describe(EXAMPLE | {"house": {**EXAMPLE["house"], "country": "Holland"}})

    assert problems_of(a_deployment(tmp_path, text + "\n[scheme.anchor]\ncuntry = 'FI'\n")) == (
        "house.country is no country whose holidays I know; use a code such as NL, FI or DE-NW",
        "scheme.anchor.cuntry is no key that I know; is country meant?",
    )


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_configuration_that_others_can_write_is_refused(tmp_path: Path, mode: int) -> None:
    path = a_deployment(tmp_path)
    path.chmod(mode)
    assert problems_of(path) == (f"others can write to {path}: chmod go-w {path}",)


@pytest.mark.parametrize("name", ["data", "data/crypto", "a folder"])
def test_a_folder_that_others_can_write_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "data" / "crypto").mkdir(mode=0o700, parents=True)
    (tmp_path / "a folder").mkdir(mode=0o700)
    a_deployment(tmp_path / "data")
    path = a_deployment(tmp_path / "a folder", describe(EXAMPLE, data_dir="../data"))
    load(path)
    (tmp_path / name).chmod(0o770)
    (told,) = problems_of(path)
    assert told.startswith("others can write to ")
    assert "chmod go-w" in told


def test_only_the_host_that_is_named_private_is_asked_without_tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = EXAMPLE | {"matrix": EXAMPLE["matrix"] | {"homeserver": "http://synapse:8008"}}
    path = a_deployment(tmp_path, describe(plain))
    assert "must begin with https://" in problems_of(path)[0]
    monkeypatch.setenv("ROUNDTABLE_PRIVATE_HOMESERVER", "other")
    assert "must begin with https://" in problems_of(path)[0]
    monkeypatch.setenv("ROUNDTABLE_PRIVATE_HOMESERVER", "synapse")
    assert load(path).matrix.homeserver == "http://synapse:8008"

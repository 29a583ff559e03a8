# lines: every setting with its check and its explanation, so that what is read, refused and written is one list
"""The configuration: a TOML file, over it the environment, beside it files that hold secrets. All mistakes at once."""

import base64
import difflib
import ipaddress
import itertools
import json
import os
import re
import shlex
import stat
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar, get_args, get_origin
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, BaseModel, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from bot.schemes import EXAMPLES as SCHEME_EXAMPLES
from bot.schemes import SchemeSection, read_schemes
from bot.sections import Country, LanguageCode, Line, Section, User, Zone
from cases.case import Mode
from chat.languages import ENGLISH

PREFIX = "ROUNDTABLE_"
CONFIG_VARIABLE = f"{PREFIX}CONFIG"
PRIVATE_VARIABLE = f"{PREFIX}PRIVATE_HOMESERVER"
"""Names the one host that may be asked without TLS, for nobody else is on the network that leads there."""
DEFAULT_PATH = Path("config.toml")
SCHEMES_FILE = "schemes.toml"
HEALTH_PATH = "/healthz"
METRICS_PATH = "/metrics"
KEY_BYTES = 32
MOST_SECRET_BYTES = 16_384
OTHERS = stat.S_IRWXG | stat.S_IRWXO
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
ANCESTOR = re.compile(
    r"https://[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?|http://(?:localhost|127\.0\.0\.1):[0-9]{1,5}|vector://vector"
)
"""An origin as a policy names it (CSP Level 3: host-source), without wildcards; the last is Element's on a desktop."""
IN_FOLDER = ("master.key", "roundtable.db", "crypto", "crypto.key", "access_token")
"""What stands beside a configuration, where nothing else is set."""
SIGN_IN_ANEW = "bring it back, or sign in anew: roundtable init --recover"
BRING_BACK = "bring it back from its backup, no content opens without it"

Json = dict[str, Any]
T = TypeVar("T")


class ConfigProblem(Exception):
    """What is wrong with what the operator gave us: one sentence each, by name, never with a secret's value."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def check_homeserver(url: str) -> str:
    """An address that a token may be sent to; raises ValueError."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("is no web address, such as https://matrix.example.org") from None
    if (
        parts.scheme not in {"https", "http"}
        or not host
        or parts.path not in {"", "/"}
        or parts.query
        or parts.fragment
    ):
        raise ValueError("is no web address, such as https://matrix.example.org")
    if parts.username is not None or parts.password is not None:
        raise ValueError("holds a user name or password; the address alone is meant")
    if parts.scheme == "http" and not _is_loopback(host) and host != os.environ.get(PRIVATE_VARIABLE):
        raise ValueError(
            "must begin with https:// (http:// only on this machine): the access token would travel in clear"
        )
    return url.rstrip("/")


def read_text(path: Path) -> str:
    """The text of a file that people write, with or without the mark that some editors begin it with (BOM)."""
    return path.read_text(encoding="utf-8-sig")


def read_secret(path: Path, lost: str = "") -> str:
    """The one line of a secret file that only we can read; raises ValueError, never with what it holds.

    ``lost``: what to do when there is no such file.
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ValueError(f"leads to {path}, which is no file")
            if status.st_mode & OTHERS:
                raise ValueError(f"leads to {path}, which others can read: chmod 600 {path}")
            raw = file.read(MOST_SECRET_BYTES + 1)
    except FileNotFoundError:
        raise ValueError(f"leads to {path}, which does not exist{lost and f': {lost}'}") from None
    except OSError as problem:
        raise ValueError(f"leads to {path}, which can't be read: {os.strerror(problem.errno or 0)}") from None
    secret = raw.decode("utf-8-sig", errors="replace").strip()
    if not secret or len(raw) > MOST_SECRET_BYTES or not secret.isprintable() or "�" in secret:
        raise ValueError(f"leads to {path}, which does not hold one line of plain text")
    return secret


def read_token(path: Path) -> str:
    """The access token in a file; raises ValueError."""
    token = read_secret(path, SIGN_IN_ANEW)
    if not token.isascii():
        raise ValueError(f"leads to {path}, which does not hold an access token")
    return token


def read_key(path: Path, lost: str = BRING_BACK) -> bytes:
    """The 32 bytes of a key file (base64); raises ValueError. ``lost``: what to do when there is no such file."""
    secret = read_secret(path, lost)
    try:
        key = base64.b64decode(secret, validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(f"leads to {path}, which does not hold a key of {KEY_BYTES} bytes in base64")
    return key


def _check_token_file(path: Path) -> Path:
    read_token(path)
    return path


def _read_store_key(path: Path) -> bytes:
    return read_key(path, SIGN_IN_ANEW)


def _check_store_key_file(path: Path) -> Path:
    _read_store_key(path)
    return path


def _check_master_key_file(path: Path) -> Path:
    read_key(path)
    return path


def url_of_file(path: Path) -> str:
    """The address of an SQLite store, whatever its path holds: ``?``, for one, ends the path in an address."""
    return f"sqlite:///{quote(str(path), safe='/ +')}"


def check_url(url: str) -> str:
    """The address of a database, without a password; raises ValueError."""
    try:
        parts = urlsplit(url)
        secret = parts.password
    except ValueError:
        raise ValueError("is no database address") from None
    if secret is not None or "password=" in parts.query:
        raise ValueError("holds a password: put it into a file and add ?passfile=/path/of/the/file instead")
    if parts.scheme == "sqlite":
        if not url.startswith("sqlite:////"):
            raise ValueError("needs the whole path of the file: sqlite:////var/lib/roundtable/roundtable.db")
    elif parts.scheme != "postgresql+psycopg":
        raise ValueError("must begin with sqlite://// or postgresql+psycopg://")
    return url


def _check_host(host: str) -> str:
    if host != "localhost":
        try:
            ipaddress.ip_address(host)
        except ValueError:
            raise ValueError("must be an address of this machine, such as 127.0.0.1") from None
    return host


def _check_page(url: str) -> str:
    """The address under which browsers find the board; raises ValueError."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in {"https", "http"} or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("is no web address, such as https://board.example.org")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ValueError(
            "must begin with https:// (http:// only on this machine): who can change the page reads what it reads"
        )
    return url.rstrip("/")


def _check_ancestors(origins: tuple[str, ...]) -> tuple[str, ...]:
    """The origins in whose pages the board may be shown; raises ValueError."""
    if not origins or not all(map(ANCESTOR.fullmatch, origins)):
        raise ValueError("must name the addresses of apps alone, such as https://app.element.io, without a path")
    return origins


TokenFile = Annotated[Path, AfterValidator(_check_token_file)]
StoreKeyFile = Annotated[Path, AfterValidator(_check_store_key_file)]
MasterKeyFile = Annotated[Path, AfterValidator(_check_master_key_file)]


class Matrix(Section):
    """The bot's account on the homeserver."""

    homeserver: Annotated[str, AfterValidator(check_homeserver)] = Field(
        description="the address of your homeserver, e.g. https://matrix.example.org"
    )
    user_id: User = Field(description="the bot's full Matrix id, e.g. @roundtable:example.org")
    device_id: Line = Field(description="the id of the bot's device; roundtable init writes it, it never changes")
    access_token_file: TokenFile | None = Field(
        None, description="the file that holds the device's access token (mode 0600)"
    )
    access_token: SecretStr | None = Field(
        None,
        min_length=1,
        description=f"the access token itself: only as {PREFIX}MATRIX__ACCESS_TOKEN, never in this file",
    )
    store_dir: Path = Field(description="the folder of the device's encryption keys; never copy it to a second bot")
    store_key_file: StoreKeyFile = Field(description="the file that holds the key of that folder (mode 0600)")

    def token(self) -> str:
        """The access token; raises ConfigProblem when its file is gone since the start."""
        if self.access_token is not None:
            return self.access_token.get_secret_value()
        return _read("matrix.access_token_file", read_token, self.access_token_file or Path())

    def store_key(self) -> bytes:
        """The key of the crypto store; raises ConfigProblem when its file is gone since the start."""
        return _read("matrix.store_key_file", _read_store_key, self.store_key_file)


class StoreSection(Section):
    """The database, and the key that opens its content."""

    url: Annotated[str, AfterValidator(check_url)] = Field(
        description="the database: SQLite, or PostgreSQL as postgresql+psycopg://roundtable@host/roundtable"
        "?passfile=/path/of/the/file"
    )
    master_key_file: MasterKeyFile = Field(
        description="the file that holds the master key (mode 0600); without it no content can be read: back it up, "
        "apart from the database"
    )

    def master_key(self) -> bytes:
        """The master key; raises ConfigProblem when its file is gone since the start."""
        return _read("store.master_key_file", read_key, self.master_key_file)


class HouseSection(Section):
    """What holds for the whole deployment."""

    scheme: Line = Field(description="the name of the scheme that a case is opened in, e.g. safety table")
    schemes: tuple[Line, ...] | None = Field(
        None,
        description="the schemes that this bot runs, when several bots share a database; every scheme if left out",
    )
    schemes_file: Path | None = Field(
        None, description="a file of its own for the schemes; schemes.toml beside this file if there is one"
    )
    zone: Zone = Field(description="the time zone, e.g. Europe/Amsterdam")
    name: Line = Field("Roundtable", description="what the bot and its space are called")
    country: Country | None = Field(
        None,
        description="the country whose public holidays are no working days, e.g. NL, or a part of it, e.g. DE-NW; "
        "none if left out",
    )
    language: LanguageCode = Field(
        ENGLISH.code,
        description="the language of the rooms, e.g. en or nl; each person can choose their own for the direct chat",
    )
    mode: Mode = Field(
        Mode.TABLE,
        description="how cases work unless they say otherwise: table (quiet until the people meet) or team (they work "
        "together daily, with a digest each working morning)",
    )
    polls: bool = Field(
        default=True,
        description="whether what is asked can be answered by a tap, too (a poll)",
    )

    @model_validator(mode="after")
    def _run_our_own(self) -> Self:
        if self.schemes is not None and self.scheme not in self.schemes:
            raise ValueError("leaves its own scheme out of its schemes: name it there, too")
        return self


class Server(Section):
    """The health check and the metrics of this machine."""

    health_host: Annotated[str, AfterValidator(_check_host)] = Field(
        "127.0.0.1", description="where the health check and the metrics answer; they hold figures, never content"
    )
    health_port: int = Field(8765, ge=0, le=65535, description="its port; 0 turns it off")


class BoardSection(Section):
    """The board: a page in the members' app that shows a case. Off, unless its address is set."""

    address: Annotated[str, AfterValidator(_check_page)] | None = Field(
        None, description="where browsers find the page, through your reverse proxy, e.g. https://board.example.org"
    )
    host: Annotated[str, AfterValidator(_check_host)] = Field(
        "127.0.0.1", description="where the page answers on this machine; it holds no case data"
    )
    port: int = Field(8766, ge=1, le=65535, description="its port")
    frame_ancestors: Annotated[tuple[str, ...], AfterValidator(_check_ancestors)] = Field(
        ("https://app.element.io", "vector://vector"),
        description="the apps that may show it: the addresses of your Element, vector://vector for Element Desktop",
    )


class Schedule(Section):
    """How often the bot looks for what falls due."""

    tick_seconds: float = Field(30, ge=0.05, le=3600, description="the time between two looks, in seconds")


class Log(Section):
    """The log, on standard error: event ids and codes, never content."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="the least that is logged")
    format: Literal["json", "console"] = Field("json", description="json for machines, console for people")


class Config(BaseSettings):
    """All settings. Read them with load(), which tells every mistake in plain sentences."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    data_dir: Path = Field(
        description="the folder of all that the bot keeps; relative to the folder of this file. All other relative "
        "paths are relative to it"
    )
    matrix: Matrix
    store: StoreSection
    house: HouseSection
    server: Server = Server()
    board: BoardSection = BoardSection()
    schedule: Schedule = Schedule()
    log: Log = Log()
    scheme: dict[str, SchemeSection] = Field(
        default_factory=dict,
        description="a scheme that differs from the house has a table of its own, by its name, here or in the file of "
        "the schemes, with keys such as these; docs/schemes.md explains all of them",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment counts more than the file."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings

    @model_validator(mode="before")
    @classmethod
    def _place(cls, data: Json) -> Json:
        """Give what is not set its place in data_dir, and let every path begin there."""
        base = Path(str(data.get("data_dir", "."))).absolute()
        matrix, store = dict(_table(data, "matrix")), dict(_table(data, "store"))
        if "access_token" not in matrix:
            matrix.setdefault("access_token_file", "access_token")
        matrix.setdefault("store_dir", "crypto")
        matrix.setdefault("store_key_file", "crypto.key")
        store.setdefault("master_key_file", "master.key")
        store.setdefault("url", url_of_file(base / "roundtable.db"))
        for section in (matrix, store):
            for key in ("access_token_file", "store_dir", "store_key_file", "master_key_file"):
                if isinstance(section.get(key), str | Path):
                    section[key] = base / section[key]
        placed = {"matrix": matrix, "store": store, "house": _table(data, "house")}
        return {**data, "data_dir": base, **{name: part for name, part in placed.items() if _is_table(data, name)}}


def load(path: Path) -> Config:
    """The settings of a file, overridden by the environment; raises ConfigProblem with every mistake."""
    try:
        values = tomllib.loads(read_text(path))
    except FileNotFoundError:
        raise ConfigProblem(f"the configuration {path} does not exist: {_how_to_get_one(path.parent)}") from None
    except OSError as problem:
        raise ConfigProblem(f"the configuration {path} can't be read: {os.strerror(problem.errno or 0)}") from None
    except UnicodeDecodeError:
        raise ConfigProblem(f"the configuration {path} is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as problem:
        # The parser's own words can repeat what stands there: only where it stopped is told.
        where = re.search(r"at line \d+", str(problem))
        raise ConfigProblem(
            f"the configuration {path} is no TOML{f' ({where[0]})' if where else ''}: is a quote or a bracket missing?"
        ) from None
    problems = [*_list_unknown_variables(), *_list_open_to_writing(path)]
    if "access_token" in _table(values, "matrix"):
        problems.append(
            f"matrix.access_token stands in {path}: put it into a file of its own and name that as "
            f"matrix.access_token_file, or set {PREFIX}MATRIX__ACCESS_TOKEN"
        )
        del values["matrix"]["access_token"]
    problems += _take_schemes(values, path.parent.absolute())
    values["data_dir"] = str(path.parent.absolute() / str(values.get("data_dir", ".")))
    try:
        config = Config(**values)
    except ValidationError as error:
        problems += explain(error, Config)
    except SettingsError:
        problems.append(f"a variable {PREFIX}… holds no value that can be read: a table is written as JSON")
    else:
        folders = dict.fromkeys((path.parent.absolute(), config.data_dir, config.matrix.store_dir))
        problems += itertools.chain.from_iterable(map(_list_open_to_writing, folders))
    if problems:
        raise ConfigProblem(*problems)
    return config


def _take_schemes(values: Json, folder: Path) -> Iterator[str]:
    """Put the schemes of their own file beside those of the configuration."""
    named = _table(values, "house").get("schemes_file")
    if not isinstance(named, str | None):
        return
    path = folder / (named or SCHEMES_FILE)
    if named is None and not path.exists():
        return
    try:
        schemes = read_schemes(read_text(path))
    except OSError as problem:
        yield f"house.schemes_file leads to {path}, which can't be read: {os.strerror(problem.errno or 0)}"
        return
    except UnicodeDecodeError:
        yield f"house.schemes_file leads to {path}, which is not UTF-8 text"
        return
    except ValueError as problem:
        yield f"house.schemes_file leads to {path}, which {problem}"
        return
    yield from _list_open_to_writing(path)
    ours = _table(values, "scheme")
    for name in schemes.keys() & ours.keys():
        yield f'the scheme "{name}" stands in the configuration and in {path}: keep one of them'
    values["scheme"] = {**schemes, **ours}


def _list_open_to_writing(path: Path) -> Iterator[str]:
    """Whoever can write what the bot trusts decides whom it obeys."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    except OSError as problem:
        yield f"{path} can't be looked at: {os.strerror(problem.errno or 0)}"
        return
    if mode & OTHERS_WRITE:
        yield f"others can write to {path}: chmod go-w {shlex.quote(str(path))}"


def _how_to_get_one(folder: Path) -> str:
    if left := [name for name in IN_FOLDER if (folder / name).exists()]:
        return (
            f"its folder holds {', '.join(left)} of a bot that was set up; bring it back from its backup, then "
            "roundtable init --recover if the crypto store is lost, too"
        )
    return "roundtable init writes it"


def find_path(named: str | None) -> Path:
    """Where the configuration stands: the option, else ROUNDTABLE_CONFIG, else ./config.toml."""
    return Path(named or os.environ.get(CONFIG_VARIABLE) or DEFAULT_PATH)


def explain(error: ValidationError, model: type[BaseModel]) -> Iterator[str]:
    """Each mistake that pydantic found, as a sentence that begins with the key."""
    for found in error.errors(include_input=False, include_url=False):
        path = [str(part) for part in found["loc"]]
        key = ".".join(path)
        if found["type"] == "missing":
            yield f"{key} is missing: {_describe(model, path)}"
        elif found["type"] == "extra_forbidden":
            known = list(_model_at(model, path[:-1]).model_fields)
            near = difflib.get_close_matches(path[-1], known, n=1)
            yield f"{key} is no key that I know; " + (
                f"is {near[0]} meant?" if near else f"known are: {', '.join(known)}"
            )
        elif found["type"] == "value_error":
            yield f"{key} {found['ctx']['error']}"
        else:
            yield f"{key} is not right: {found['msg'][:1].lower()}{found['msg'][1:]}"


def describe(values: Mapping[str, Mapping[str, object]], data_dir: str = ".") -> str:
    """A configuration as text, with each key explained; what has no value here stands as a comment with its default."""
    lines = [
        "# The configuration of Roundtable. Each key can also be set in the environment, for example",
        f"# {PREFIX}MATRIX__HOMESERVER for homeserver below [matrix]. Secrets stand in files of their own.",
        "",
        *_wrap(Config.model_fields["data_dir"].description or ""),
        f"data_dir = {_write(data_dir)}",
    ]
    for name, field in Config.model_fields.items():
        section = field.annotation
        if not isinstance(section, type) or not issubclass(section, Section):
            continue
        lines += ["", f"# {section.__doc__}", f"[{name}]"]
        for key, part in section.model_fields.items():
            lines += _wrap(part.description or "")
            given = values.get(name, {})
            if key in given:
                lines.append(f"{key} = {_write(given[key])}")
            elif key == "access_token":
                lines.append(f"# {key}: not here")
            else:
                default = PLACES.get(f"{name}.{key}", part.default)
                lines.append(f"# {key} = {_write(EXAMPLES.get(key) if default is None else default)}")
    lines += ["", *_wrap(Config.model_fields["scheme"].description or ""), '# [scheme."youth crime"]']
    lines += [f"# {key} = {_write(value)}" for key, value in SCHEME_EXAMPLES.items()]
    return "\n".join(lines) + "\n"


PLACES = {
    "matrix.access_token_file": "access_token",
    "matrix.store_dir": "crypto",
    "matrix.store_key_file": "crypto.key",
    "store.url": "sqlite:////var/lib/roundtable/roundtable.db",
    "store.master_key_file": "master.key",
}
"""Where things are by default, in data_dir."""


EXAMPLES: Json = {
    **SCHEME_EXAMPLES,
    "address": "https://board.example.org",
    "schemes": ["safety table", "youth crime"],
    "schemes_file": "schemes.toml",
}
"""What a key may look like that has no default."""


def _list_unknown_variables() -> Iterator[str]:
    for variable in sorted(os.environ):
        if not variable.upper().startswith(PREFIX) or variable.upper() in {CONFIG_VARIABLE, PRIVATE_VARIABLE}:
            continue
        name = variable[len(PREFIX) :].lower().split("__")[0]
        if name not in Config.model_fields:
            yield f"the variable {variable} is no setting that I know: unset it"


def _read(name: str, read: Callable[[Path], T], path: Path) -> T:
    try:
        return read(path)
    except ValueError as problem:
        raise ConfigProblem(f"{name} {problem}") from None


def _table(data: Mapping[str, Any], name: str) -> Json:
    table = data.get(name, {})
    return table if isinstance(table, dict) else {}


def _is_table(data: Mapping[str, Any], name: str) -> bool:
    return isinstance(data.get(name, {}), dict)


def _model_at(model: type[BaseModel], path: list[str]) -> type[BaseModel]:
    parts = iter(path)
    for part in parts:
        if part not in model.model_fields:
            # The number of an entry in a list, or the key of a table in a table.
            continue
        inner = model.model_fields[part].annotation
        if get_origin(inner) is tuple:
            inner = get_args(inner)[0]
        if inner == dict[str, SchemeSection]:
            # What follows is the name of a scheme, and its keys.
            next(parts, None)
            model = SchemeSection
            continue
        if not isinstance(inner, type) or not issubclass(inner, BaseModel):
            break
        model = inner
    return model


def _describe(model: type[BaseModel], path: list[str]) -> str:
    field = _model_at(model, path[:-1]).model_fields[path[-1]]
    return field.description or "give it a value"


def _wrap(text: str) -> list[str]:
    lines, line = [], "#"
    for word in text.split():
        if len(line) + len(word) >= 100:  # noqa: PLR2004 fits on a screen
            lines.append(line)
            line = "#"
        line += f" {word}"
    return [*lines, line]


def _write(value: object) -> str:
    # Every string that we write is printable: JSON's form is then TOML's.
    return json.dumps(value, ensure_ascii=False)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

"""What is shipped: the lock files, the image's recipe, the wheel."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # it has no types, and comes with Synapse

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-build.lock", "requirements-fonts.lock"]
IMAGE_VENV = "/opt/roundtable"


def test_the_dockerfile_has_no_lint_finding() -> None:
    result = _run([str(BIN / "hadolint"), "Dockerfile"], ROOT)
    assert (result.returncode, result.stdout) == (0, "")


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_each_package_by_hash_and_names_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text()
    packages = [entry for entry in re.split(r"\n(?=\S)", text.strip()) if not entry.startswith("#")]
    assert packages != []
    assert [entry for entry in packages if "==" not in entry or "--hash=sha256:" not in entry] == []
    assert re.findall(r"\S*(?:://|--index|--find-links|/tmp)\S*", text) == []


@pytest.mark.parametrize("lock", ["bot/board/page/package-lock.json", "tests/interop/package-lock.json"])
def test_a_lock_of_npm_pins_each_package_by_hash_and_names_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text()
    packages = {name: package for name, package in json.loads(text)["packages"].items() if name}
    assert packages != {}
    assert [name for name, package in packages.items() if not package["integrity"].startswith("sha512-")] == []
    assert [name for name, package in packages.items() if "resolved" in package] == []


def test_the_import_contract_of_cases_names_each_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    modules = {
        {"matrix-nio": "nio", "python-dateutil": "dateutil"}.get(name, name).replace("-", "_")
        for name in (re.split(r"[^\w-]", line)[0] for line in project["project"]["dependencies"])
    }
    contract = next(
        contract
        for contract in project["tool"]["importlinter"]["contracts"]
        if contract["type"] == "forbidden" and contract["source_modules"] == ["cases"]
    )
    assert set(contract["forbidden_modules"]) == modules


def test_the_install_steps_of_the_dockerfile_give_a_working_command(tmp_path: Path) -> None:
    context, build, venv = tmp_path / "context", tmp_path / "build", tmp_path / "venv"
    _copy_committed_files(context)
    build.mkdir()
    # The base image's Python, which the steps change, is a virtual environment here.
    base = tmp_path / "base"
    _must([sys.executable, "-m", "venv", str(base)], tmp_path)

    for word, rest in _read_steps(ROOT / "Dockerfile"):
        if word == "COPY":
            *sources, target = shlex.split(rest)
            for source in sources:
                _copy(context / source, build / target, into=len(sources) > 1 or target.endswith("/"))
        elif word == "RUN":
            for command in rest.split("&&"):
                arguments = [part.replace(IMAGE_VENV, str(venv)) for part in shlex.split(command)]
                if arguments[0] == "python":
                    arguments[0] = str(base / "bin" / "python")
                _must(arguments, build)

    wheel = next((build / "wheels").glob("roundtable-*.whl"))
    packed = set(zipfile.ZipFile(wheel).namelist())
    assert {path for path in _list_shipped_files() if path not in packed} == set()
    for needed in ("chat/refused/", "chat/locale/nl/", "commands/concern/templates/", "storage/migrations/"):
        assert any(path.startswith(needed) for path in packed), needed
    assert {path for path in packed if path.startswith("tests/") or path.endswith(".pyc")} == set()

    empty = tmp_path / "empty"
    empty.mkdir()
    answer = _run([str(venv / "bin" / "roundtable"), "--help"], empty)
    assert (answer.returncode, "usage" in answer.stdout.lower()) == (0, True), answer.stderr


def test_compose_starts_on_empty_volumes_and_shows_the_world_the_proxy_only() -> None:
    text = (ROOT / "compose.yaml").read_text()
    compose = yaml.safe_load(text)
    services = compose["services"]
    assert services["synapse"]["depends_on"]["synapse-volume"] == {"condition": "service_completed_successfully"}
    assert services["synapse-volume"]["volumes"] == services["synapse"]["volumes"]
    assert "991" in services["synapse-volume"]["entrypoint"]
    open_to_the_world = {
        name: service["ports"]
        for name, service in services.items()
        if any(not str(port).startswith("127.0.0.1:") for port in service.get("ports", ()))
    }
    assert open_to_the_world == {"proxy": ["80:80", "443:443"]}
    database = yaml.safe_load(compose["configs"]["synapse_database"]["content"])["database"]
    assert (database["name"], database["args"]["host"]) == ("psycopg2", "synapse-postgres")
    used = {secret for service in services.values() for secret in service.get("secrets", ())}
    assert used == set(compose["secrets"])
    assert {network for service in services.values() for network in service.get("networks", ())} == set(
        compose["networks"]
    )
    assert "/override_ratelimit" in text
    assert '{"messages_per_second": 0, "burst_count": 0}' in text


def _read_steps(dockerfile: Path) -> list[tuple[str, str]]:
    """The instructions of the build stage, in order, continuation lines joined, comments left out."""
    lines = [line for line in dockerfile.read_text().splitlines() if not line.startswith("#")]
    instructions = re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines()
    stages = [number for number, line in enumerate(instructions) if line.startswith("FROM ")]
    steps = [line.split(maxsplit=1) for line in instructions[stages[0] : stages[1]] if line]
    return [(word, rest) for word, rest in steps]


def _copy_committed_files(target: Path) -> None:
    for name in _list_committed_files():
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target / name)


def _list_committed_files() -> list[str]:
    return _must(["git", "ls-files", "-z"], ROOT).rstrip("\0").split("\0")


def _list_shipped_files() -> list[str]:
    houses = ("bot/", "cases/", "chat/", "commands/", "storage/")
    shipped = [name for name in _list_committed_files() if name.startswith(houses) and (ROOT / name).is_file()]
    # What the board's page is built from; the page itself is shipped.
    return [name for name in shipped if not name.startswith("bot/board/page/")]


def _copy(source: Path, target: Path, *, into: bool) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target / source.name if into else target)


def _must(command: list[str], folder: Path) -> str:
    result = _run(command, folder)
    assert result.returncode == 0, f"{shlex.join(command)}\n{result.stdout[-2000:]}\n{result.stderr[-2000:]}"
    return result.stdout


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=600)

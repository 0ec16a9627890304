"""`docker-compose.yml` and `Dockerfile` say nothing that the program does not know."""

import fnmatch
import re

import pytest
import typer
from typer.core import TyperGroup

from app.cli.main import app
from app.kernel.events import Queue
from app.kernel.settings import Settings
from tests.factories import compose

COMMANDS = {name: service["command"] for name, service in compose.ours().items() if "command" in service}
DOCKERFILE = (compose.ROOT / "Dockerfile").read_text()


def parse(name: str, arguments: list[str]) -> None:
    """Read the arguments as the command line does, without running anything; raises what it says to the caller."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    command = group.commands[name]
    command.make_context(name, list(arguments))


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_services_command_is_one_of_the_program(name: str) -> None:
    program, *arguments = COMMANDS[name]
    assert program == "lianfang"
    parse(arguments[0], arguments[1:])


@pytest.mark.parametrize("arguments", [["--queue", "slow"], ["--quiet-port", "1"]])
def test_what_the_program_does_not_know_is_caught(arguments: list[str]) -> None:
    with pytest.raises(Exception, match=r"slow|quiet"):
        parse("worker", arguments)


def test_what_is_set_is_a_setting() -> None:
    named = {name for service in compose.ours().values() for name in service["environment"]}
    known = {f"LIANFANG_{name.upper()}" for name in Settings.model_fields} | {"PGPASSFILE"}
    assert named - known == set()
    assert "${" not in re.sub(r"\$\{\w+:-\w*\}", "", (compose.ROOT / "docker-compose.yml").read_text()), "works unset"


def test_no_secret_stands_in_the_file() -> None:
    text = (compose.ROOT / "docker-compose.yml").read_text()
    assert re.findall(r"://[^@/\s]*:[^@/\s]*@|PASSWORD: ", text) == []


def test_only_who_needs_the_owner_gets_the_owners_password() -> None:
    mounted = {
        name
        for name, service in compose.services().items()
        if any(volume.startswith("database-secrets:") for volume in service.get("volumes", ()))
    }
    assert mounted == {"secrets", "postgres", "migrate"}


def test_every_queue_has_a_worker_and_the_clock_is_one() -> None:
    queues = [
        command[place + 1] for command in COMMANDS.values() for place, word in enumerate(command) if word == "--queue"
    ]
    assert sorted(queues) == sorted(Queue)
    assert [name for name, command in COMMANDS.items() if command[1] == "beat"] == ["beat"]


def test_what_is_named_is_there() -> None:
    document = compose.document()
    volumes = {one.split(":")[0] for service in compose.services().values() for one in service.get("volumes", ())}
    assert volumes == set(document["volumes"])
    for service in compose.services().values():
        for name, wanted in service.get("depends_on", {}).items():
            needed = compose.services()[name]
            ends = wanted["condition"] == "service_completed_successfully"
            assert ends == (needed.get("restart") == "no")
            assert ends or "healthcheck" in needed
    targets = {service["build"]["target"] for service in compose.services().values() if "build" in service}
    assert targets <= set(re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.MULTILINE))


def test_every_service_that_stays_says_how_it_is() -> None:
    silent = [
        name
        for name, service in compose.services().items()
        if service.get("restart") != "no" and "healthcheck" not in service and name != "api"
    ]
    assert silent == []
    assert "HEALTHCHECK" in DOCKERFILE, "the API's"


def test_what_the_image_copies_is_sent_to_its_build() -> None:
    allowed = [line[1:] for line in (compose.ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    assert copied
    for source in copied:
        assert (compose.ROOT / source).exists()
        assert any(fnmatch.fnmatch(source, f"{one}*") for one in allowed), source


def test_what_an_installation_sets_for_itself_reaches_every_process_and_may_be_absent() -> None:
    for name, service in compose.ours().items():
        assert service["env_file"] == [{"path": "lianfang.env", "required": False}], name
    assert "lianfang.env" in (compose.ROOT / ".gitignore").read_text().split()

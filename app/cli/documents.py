"""`lianfang openapi`, `permissions` and `workflows`: documents that are made from the program, and compared with it."""

import difflib
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.access.grants import GRANTABLE, GRANTS
from app.access.roles import Action, Reach, Role
from app.api.main import create_app
from app.api.operations import Operation, operations
from app.kernel import discovery
from app.kernel.workflow import Machine

DOCS = Path(__file__).parents[2] / "docs"
OPENAPI = DOCS / "openapi.json"
PERMISSIONS = DOCS / "permissions.md"
WORKFLOWS = DOCS / "workflows.md"

Check = Annotated[bool, typer.Option("--check", help="change nothing; exit code 1 if the file differs")]

_REACHES = {
    Reach.OWN_ACCOUNT: "own account",
    Reach.OWN_PERSON: "oneself",
    Reach.OWN_CHILDREN: "own children",
    Reach.OWN_UNIT: "own unit",
    Reach.INSTITUTION: "institution",
    Reach.SUBTREE: "all below",
}
_INTRODUCTION = """\
# Who may do what

Made from `app/access/grants.py` by `lianfang permissions`; changes belong there. A cell says how far the role's action
goes; an empty cell means that the role cannot do it. Whoever may not see a thing is told that it is not there (404);
whoever may see it but not do this with it is refused (403).
"""


_ON_WORKFLOWS = """\
# What moves through states

Made from the `workflow.py` of each feature by `lianfang workflows`; changes belong there. A move from any other state
is refused (409). Each move is kept as a decision with who, when and why, and stands in the audit trail.
"""


def openapi(*, check: Check = False) -> None:
    """Write docs/openapi.json, the description of every operation."""
    _write(OPENAPI, openapi_text(), check=check)


def permissions(*, check: Check = False) -> None:
    """Write docs/permissions.md, who may do what and how far."""
    _write(PERMISSIONS, permissions_text(), check=check)


def workflows(*, check: Check = False) -> None:
    """Write docs/workflows.md, the states of everything that moves through some."""
    _write(WORKFLOWS, workflows_text(), check=check)


def openapi_text() -> str:
    """The OpenAPI document as it is committed: stable order, one member a line."""
    return json.dumps(create_app().openapi(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def permissions_text() -> str:
    """The permission table as Markdown."""
    found = operations(create_app())
    return "\n".join([_INTRODUCTION, *_by_action(found), "", *_roles(), "", *_grantable(), "", *_open(found)]) + "\n"


def workflows_text() -> str:
    """Every table of moves as a diagram and a table, in Markdown."""
    return "\n".join([_ON_WORKFLOWS, *(line for one in discovery.machines() for line in _machine(one))])


def _machine(machine: Machine) -> Iterator[str]:
    yield f"## {machine.subject.replace('_', ' ')}\n"
    yield f"```mermaid\n{machine.diagram()}\n```\n"
    yield "| move | from | to |"
    yield "|---|---|---|"
    for move in machine.moves:
        yield f"| `{move.name}` | {', '.join(f'`{one}`' for one in sorted(move.sources))} | `{move.target}` |"
    yield ""


def _by_action(found: list[Operation]) -> Iterator[str]:
    used = defaultdict(list)
    for operation in found:
        for action in operation.actions:
            used[action].append(f"`{operation.id}`")
    yield "## By action\n"
    yield "| action | who, how far | operations |"
    yield "|---|---|---|"
    for action in Action:
        by_reach = defaultdict(list)
        for role, reach in GRANTS[action].items():
            by_reach[reach].append(_words(role))
        who = "; ".join(f"**{_REACHES[reach]}**: {', '.join(by_reach[reach])}" for reach in Reach if by_reach[reach])
        yield f"| `{action}` | {who} | {', '.join(sorted(used[action]))} |"


def _roles() -> Iterator[str]:
    roles = [role for role in Role if any(role in granted for granted in GRANTS.values())]
    yield "## By role\n"
    yield f"| action | {' | '.join(_words(role) for role in roles)} |"
    yield f"|---|{'---|' * len(roles)}"
    for action in Action:
        cells = [_REACHES[GRANTS[action][role]] if role in GRANTS[action] else "" for role in roles]
        yield f"| `{action}` | {' | '.join(cells)} |"


def _grantable() -> Iterator[str]:
    yield "## Who may hand on which role\n"
    yield "| role | may give |"
    yield "|---|---|"
    for role in Role:
        if role in GRANTABLE:
            yield f"| {_words(role)} | {', '.join(_words(one) for one in Role if one in GRANTABLE[role])} |"


def _open(found: list[Operation]) -> Iterator[str]:
    yield "## Open to everybody\n"
    yield "Signing in comes before any role; machines ask for health and keys.\n"
    yield "| operation | what |"
    yield "|---|---|"
    for operation in found:
        if operation.open:
            yield f"| `{operation.id}` | {operation.summary} |"


def _words(role: Role) -> str:
    return str(role).replace("_", " ")


def _write(path: Path, text: str, *, check: bool) -> None:
    there = path.read_text() if path.exists() else ""
    if there == text:
        return
    if not check:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return
    console = Console(stderr=True, soft_wrap=True)
    console.print(f"{path.name} differs from the program; `make generated` writes it anew", style="red")
    for line in list(difflib.unified_diff(there.splitlines(), text.splitlines(), "committed", "program", n=1))[:60]:
        console.print(line, markup=False, highlight=False)
    raise typer.Exit(1)

"""What the source must look like, as functions from modules to complaints; each is shown to fail by its own test."""

import ast
import re
from collections.abc import Iterable, Iterator

from tests.architecture.source import Module, calls, functions, imports, length

FLOORLESS = {"", "kernel"}  # not features: the package itself, and the mechanism
ROOTS = {"api", "worker", "cli"}
VOCABULARY = {
    "",
    "endpoints",
    "tasks",
    "listeners",
    "service",
    "workflow",
    "reach",
    "queries",
    "schemas",
    "events",
    "models",
    "errors",
}
# Files beside the vocabulary, each with the reason why it is none of those. True: other features may import it.
BESIDES: dict[tuple[str, str], tuple[str, bool]] = {
    ("access", "roles"): ("the words of the permission table", True),
    ("access", "grants"): ("the permission table itself", False),
    ("access", "actor"): ("the caller, as every service takes it", True),
    ("identity", "tokens"): ("the fence around python-jose", False),
    ("identity", "client"): ("speaks to WeChat", False),
    ("notifications", "client"): ("speaks to the channels", False),
    ("notifications", "templates"): ("every text that is sent, declared once", True),
    ("institutions", "divisions"): ("reference data: the administrative divisions", True),
    ("policies", "settings"): ("every setting, declared once", True),
    ("rollups", "metrics"): ("every figure, declared once", True),
    ("rollups", "cells"): ("which small figures are hidden, without a database", False),
    ("checkins", "forms"): ("the versions of the form", False),
    ("checkins", "rules"): ("what follows from a reading, without a database", False),
}
# Besides `service`, `models`, `events` and `errors`: a model's ties are declared with access's own words.
SHARED = {"service", "models", "events", "errors"}
ACCESS_REACH = ("access", "reach")

STATEMENTS = {"select", "insert", "update", "delete", "text", "union", "union_all", "exists", "literal_column"}
# Where a statement may be built: in queries; in the two places of access that scope one; a reach is an SQL condition,
# a model's CHECKs and partial indexes are SQL texts.
WITH_STATEMENTS = {"queries", "models", "reach"}
SCOPED_SELECTS = "app.access.service"

PERSONAL = re.compile(
    r"phone|password|secret|identity_|display_name|^name$|person_name|token|cipher|fingerprint|temperature|symptoms|"
    r"answers|^code$|openid|address|^body$|query|url|\*\*"
)
LOG_LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


def wrong_files(found: Iterable[Module]) -> Iterator[str]:
    """Files outside the closed vocabulary of a feature."""
    for module in found:
        if re.search(r"\b(utils?|helpers?|common|misc|manager)\b", module.name.replace("_", " ")):
            yield f"{module.name}: a name that says nothing"
        if module.feature in FLOORLESS | ROOTS or (module.feature, module.part) in BESIDES:
            continue
        if module.part not in VOCABULARY:
            yield f"{module.name}: not in the vocabulary of files"


def wrong_crossings(found: Iterable[Module]) -> Iterator[str]:
    """Imports of another feature's inner files."""
    for module in found:
        if module.feature in FLOORLESS:
            continue
        for target, name in imports(module):
            parts = [*target.split("."), name, ""]
            feature, part = parts[1], parts[2]
            if parts[0] != "app" or feature in FLOORLESS | ROOTS | {module.feature} or not part:
                continue
            shared = part in SHARED or BESIDES.get((feature, part), ("", False))[1]
            if module.feature in ROOTS:
                shared = shared or part in {"tasks", "listeners", "endpoints", "reach", "grants"}
            if not shared and (feature, part) != ACCESS_REACH:
                yield f"{module.name}: imports {feature}.{part}"


def stray_statements(found: Iterable[Module]) -> Iterator[str]:
    """SQL outside of queries (or the kernel)."""
    for module in found:
        if module.feature in FLOORLESS | ROOTS or module.part in WITH_STATEMENTS or module.name == SCOPED_SELECTS:
            continue
        for target, name in imports(module):
            if target.split(".")[0] == "sqlalchemy" and name in STATEMENTS:
                yield f"{module.name}: builds SQL with {name}"


def stray_commits(found: Iterable[Module]) -> Iterator[str]:
    """Transactions ended by anyone but the edge."""
    for module in found:
        if module.feature in FLOORLESS | ROOTS:
            continue
        for called, _ in calls(module.tree):
            if called.endswith((".commit", ".rollback")):
                yield f"{module.name}: calls {called}"


def busy_endpoints(found: Iterable[Module]) -> Iterator[str]:
    """Endpoints that look at rows or roles themselves."""
    for module in found:
        if module.part != "endpoints":
            continue
        for target, name in imports(module):
            if target.endswith(".queries") or name in {"queries", "Role", "Reach", "obtain", "visible", "require"}:
                yield f"{module.name}: imports {target}.{name}"
        for function in functions(module.tree):
            if any(isinstance(node, ast.For | ast.While | ast.Match) for node in ast.walk(function)):
                yield f"{module.name}: {function.name} loops"


def talkative_logs(found: Iterable[Module]) -> Iterator[str]:
    """Log calls whose event is not a fixed word, or which hand over what may be personal."""
    for module in found:
        # A function whose whole business is to log may be handed the word; its callers hand it a fixed one.
        inside = {id(node) for one in functions(module.tree) if one.name.startswith("_log_") for node in ast.walk(one)}
        for called, node in calls(module.tree):
            owner, _, level = called.rpartition(".")
            if level not in LOG_LEVELS or not re.search(r"(^|_|\.)(log|logger)$", owner):
                continue
            first = node.args[0] if node.args else None
            named = isinstance(first, ast.Name) and id(node) in inside
            if not named and not (isinstance(first, ast.Constant) and re.fullmatch(r"[a-z0-9_]+", str(first.value))):
                yield f"{module.name}:{node.lineno}: the event is not a fixed word"
            for one in _handed(node):
                if PERSONAL.search(one):
                    yield f"{module.name}:{node.lineno}: logs {one}"


def _handed(call: ast.Call) -> Iterator[str]:
    """The names under which values are handed to a call: keywords, and the last part of what they come from."""
    for keyword in call.keywords:
        yield keyword.arg or "**"
    for value in [*call.args[1:], *(keyword.value for keyword in call.keywords)]:
        yield from (node.attr for node in ast.walk(value) if isinstance(node, ast.Attribute))
        yield from (node.id for node in ast.walk(value) if isinstance(node, ast.Name))


def prints(found: Iterable[Module]) -> Iterator[str]:
    """Standard output is the commands' own, and the console channel's."""
    for module in found:
        if module.feature in {"cli", "notifications"}:
            continue
        for called, node in calls(module.tree):
            if called == "print":
                yield f"{module.name}:{node.lineno}: prints"


def long_ones(found: Iterable[Module], most: int = 40) -> Iterator[str]:
    """Files of 400 lines and functions of 40 (or ``most``)."""
    for module in found:
        if module.lines >= 400:
            yield f"{module.name}: {module.lines} lines"
        for function in functions(module.tree):
            if length(function) >= most:
                yield f"{module.name}.{function.name}: {length(function)} lines"


def unfinished(found: Iterable[Module]) -> Iterator[str]:
    """Work left for later inside the code."""
    for module in found:
        for number, line in enumerate(module.text.splitlines(), 1):
            if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", line):
                yield f"{module.name}:{number}: {line.strip()}"

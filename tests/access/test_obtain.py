"""One row, locked: on one server, and where schools stand on several."""

import pytest

from app.access.roles import Action
from app.access.service import SYSTEM, obtain
from app.institutions.models import Unit
from app.kernel import db
from app.kernel.db import Scope
from app.kernel.errors import NotFound
from tests.factories.databases import statements_of
from tests.factories.tree import Tree


@pytest.mark.parametrize("sharded", [False, True])
def test_a_row_is_locked_and_on_shards_by_a_statement_that_names_its_school(tree: Tree, *, sharded: bool) -> None:
    scope = Scope(institutions=frozenset({tree.school}))
    with db.transaction(scope) as session, statements_of(session, sharded=sharded) as sent:
        found = obtain(session, SYSTEM, Action.UNITS_MANAGE, Unit, tree.classes[0], lock=True)
        with pytest.raises(NotFound):
            obtain(session, SYSTEM, Action.UNITS_MANAGE, Unit, 0, lock=True)
    assert (found.institution_id, found.id) == (tree.school, tree.classes[0])
    locking = [statement.split("WHERE")[1] for statement, _ in sent if "FOR UPDATE" in statement]
    assert ["unit.institution_id =" in one for one in locking] == ([True] if sharded else [False, False])

"""Partition readings by day, with one index on the way in and rows of half the size.

Readings are copied in one transaction, under a lock that nobody passes: stop the API for it where there are millions.
"""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from alembic import op

from app.kernel import rls

revision = "checkins_2"
down_revision = "audit_persons_1"
branch_labels = None
depends_on = None

# What stood there as a word, and the letter for it.
LETTERS = {
    "slot": {"morning": "M", "noon": "N", "evening": "E"},
    "source": {"guardian": "G", "self": "S", "teacher": "T", "doctor": "D", "gate": "E", "import": "I"},
    "status": {"normal": "N", "attention": "A", "fever": "F"},
    "site": {"armpit": "A", "forehead": "F", "ear": "E", "mouth": "M"},
    "not_measured_reason": {"no_thermometer": "N", "broken": "B", "away": "A", "refused": "R", "other": "O"},
}
COLUMNS = {
    "institution_id": "bigint NOT NULL",
    "person_id": "bigint NOT NULL",
    "unit_id": "bigint NOT NULL",
    "taken_at": "timestamptz NOT NULL",
    "received_at": "timestamptz NOT NULL",
    "id": "uuid NOT NULL",
    "recorded_by": "bigint",
    "day": "date NOT NULL",
    "symptoms": "integer",
    "temperature": "smallint",
    "form_version": "smallint NOT NULL",
    "slot": '"char" NOT NULL',
    "source": '"char" NOT NULL',
    "status": '"char" NOT NULL',
    "household": "boolean NOT NULL",
    "counted": "boolean NOT NULL",
    "late": "boolean NOT NULL",
    "skewed": "boolean NOT NULL",
    "implausible": "boolean NOT NULL",
    "site": '"char"',
    "not_measured_reason": '"char"',
    "answers": "jsonb",
    "replaces": "uuid",
    "replaced_by": "uuid",
    "correction_reason": "text",
}
RULES = {
    "correction_has_reason": "(replaces IS NULL) = (correction_reason IS NULL)",
    "measured_or_why_not": "(temperature IS NULL) = (not_measured_reason IS NOT NULL)",
    "possible_temperature": "temperature BETWEEN 340 AND 430",
}
KEY = "CONSTRAINT pk_checkin PRIMARY KEY (institution_id, day, person_id, id)"
# The table before, for the way back; its checks of words had other names.
BEFORE = """
CREATE TABLE checkin (
    institution_id bigint NOT NULL, day date NOT NULL, person_id bigint NOT NULL, id uuid NOT NULL,
    unit_id bigint NOT NULL, household boolean NOT NULL, counted boolean NOT NULL, slot varchar(32) NOT NULL,
    source varchar(32) NOT NULL, status varchar(32) NOT NULL, temperature smallint, site varchar(32),
    not_measured_reason text, symptoms integer NOT NULL, form_version smallint NOT NULL, answers jsonb NOT NULL,
    late boolean NOT NULL, skewed boolean NOT NULL, implausible boolean NOT NULL, taken_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL, recorded_by bigint, replaces uuid, replaced_by uuid, correction_reason text,
"""
CHECKS_BEFORE = {"slot": "slot", "source": "source", "status": "healthstatus", "site": "site"}

# The application's role owns nothing, so it may not make tables: these two do it for one date, and nothing else. They
# look at rows that no scope shows: a partition's own row-level security lets nobody in, hence NO FORCE for a moment.
MAKE = """
CREATE FUNCTION public.make_checkin_partition(wanted date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
    today constant date := (now() AT TIME ZONE 'Asia/Shanghai')::date;
    made constant text := 'checkin_' || to_char(wanted, 'YYYYMMDD');
BEGIN
    IF (wanted BETWEEN today - 3660 AND today + 31) IS NOT TRUE THEN
        RAISE EXCEPTION 'no partition is made for %', wanted USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock('public.checkin'::regclass::oid::bigint);
    IF to_regclass('public.' || made) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.checkin INCLUDING CONSTRAINTS)', made);
    LOCK TABLE public.checkin_default IN ACCESS EXCLUSIVE MODE;
    ALTER TABLE public.checkin_default NO FORCE ROW LEVEL SECURITY;
    EXECUTE format('INSERT INTO public.%I SELECT * FROM public.checkin_default WHERE day = $1', made) USING wanted;
    DELETE FROM public.checkin_default WHERE day = wanted;
    ALTER TABLE public.checkin_default FORCE ROW LEVEL SECURITY;
    EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', made);
    EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', made);
    EXECUTE format('ALTER TABLE public.checkin ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                   made, wanted, wanted + 1);
    RETURN true;
END $$
"""
DROP = """
CREATE FUNCTION public.drop_checkin_partition(wanted date) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
    today constant date := (now() AT TIME ZONE 'Asia/Shanghai')::date;
    dropped constant text := 'checkin_' || to_char(wanted, 'YYYYMMDD');
    rows_gone bigint;
BEGIN
    IF (wanted < today - 30) IS NOT TRUE THEN
        RAISE EXCEPTION 'no partition is dropped for %', wanted USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock('public.checkin'::regclass::oid::bigint);
    IF to_regclass('public.' || dropped) IS NULL THEN
        RETURN NULL;
    END IF;
    EXECUTE format('LOCK TABLE public.checkin, public.%I IN ACCESS EXCLUSIVE MODE', dropped);
    EXECUTE format('ALTER TABLE public.%I NO FORCE ROW LEVEL SECURITY', dropped);
    EXECUTE format('SELECT count(*) FROM public.%I', dropped) INTO rows_gone;
    EXECUTE format('DROP TABLE public.%I', dropped);
    RETURN rows_gone;
END $$
"""
FUNCTIONS = {"make_checkin_partition": MAKE, "drop_checkin_partition": DROP}
# Days that stand there already, as far as a partition is made for them, and those around today.
DAYS = """
SELECT make_checkin_partition(day) FROM (
    SELECT DISTINCT day FROM checkin_before WHERE day BETWEEN current_date - 3650 AND current_date + 30
    UNION SELECT current_date + around FROM generate_series(-7, 14) AS around
) AS days
"""
EMPTY = {"symptoms": "nullif(symptoms, 0)", "answers": "nullif(answers, '{}')"}


def upgrade() -> None:
    """Apply."""
    _set_aside()
    shape = [f"{name} {kind}" for name, kind in COLUMNS.items()]
    letters = {name: f"{name} IN ({_listed(of.values())})" for name, of in LETTERS.items()}
    op.execute(f"CREATE TABLE checkin ({', '.join([*shape, KEY, *_checks(RULES | letters)])}) PARTITION BY RANGE (day)")
    _index_corrections(["institution_id", "day", "person_id", "replaces"])
    op.execute("CREATE TABLE checkin_default PARTITION OF checkin DEFAULT")
    for function, statement in FUNCTIONS.items():
        op.execute(statement)
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function}(date) FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function}(date) TO {rls.APP_ROLE}")
    op.execute(DAYS)
    # Into the parent, hence before its row-level security, which not even the owner passes.
    op.execute(_copy({name: f"CASE {name} {_cases(of)} END" for name, of in LETTERS.items()} | EMPTY))
    op.execute("ALTER TABLE checkin_default ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE checkin_default FORCE ROW LEVEL SECURITY")
    _finish()


def downgrade() -> None:
    """Take back."""
    _set_aside()
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}(date)")
    words = {CHECKS_BEFORE[name]: f"{name} IN ({_listed(LETTERS[name])})" for name in CHECKS_BEFORE}
    op.execute(BEFORE + ", ".join([KEY, *_checks(RULES | words)]) + ")")
    letters = {name: {letter: word for word, letter in of.items()} for name, of in LETTERS.items()}
    full = {"symptoms": "coalesce(symptoms, 0)", "answers": "coalesce(answers, '{}')"}
    op.execute(_copy({name: f"CASE {name} {_cases(of)} END" for name, of in letters.items()} | full))
    op.create_index("ix_checkin_unit_day", "checkin", ["institution_id", "day", "unit_id"])
    op.create_index("uq_checkin_id", "checkin", ["institution_id", "person_id", "id"], unique=True)
    _index_corrections(["institution_id", "person_id", "replaces"])
    _finish()


def _set_aside() -> None:
    """Make room for the new table; what the old one's indexes are called is wanted again."""
    op.execute("ALTER TABLE checkin RENAME TO checkin_before")
    op.execute("ALTER TABLE checkin_before RENAME CONSTRAINT pk_checkin TO pk_checkin_before")
    op.execute("DROP INDEX IF EXISTS ix_checkin_unit_day, uq_checkin_id, uq_checkin_replaces")
    op.execute("ALTER TABLE checkin_before NO FORCE ROW LEVEL SECURITY")


def _index_corrections(columns: list[str]) -> None:
    where = sa.text("replaces IS NOT NULL")
    op.create_index("uq_checkin_replaces", "checkin", columns, unique=True, postgresql_where=where)


def _copy(changed: dict[str, str]) -> str:
    read = ", ".join(changed.get(name, name) for name in COLUMNS)
    return f"INSERT INTO checkin ({', '.join(COLUMNS)}) SELECT {read} FROM checkin_before"  # noqa: S608 - names above


def _finish() -> None:
    op.execute("DROP TABLE checkin_before")
    op.create_foreign_key(
        "fk_checkin_institution_id_person_id",
        "checkin",
        "person",
        ["institution_id", "person_id"],
        ["institution_id", "id"],
        ondelete="RESTRICT",
    )
    op.execute(rls.grant("checkin"))
    for statement in rls.statements("checkin", rls.Tenancy.TENANT):
        op.execute(statement)


def _checks(conditions: Mapping[str, str]) -> list[str]:
    return [f"CONSTRAINT ck_checkin_{name} CHECK ({condition})" for name, condition in conditions.items()]


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _cases(of: Mapping[str, str]) -> str:
    return " ".join(f"WHEN '{found}' THEN '{wanted}'" for found, wanted in of.items())

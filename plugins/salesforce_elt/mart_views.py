"""
The views and functions that live on marts: the files of `include/sql/views`.

They are made in the transaction of a publish, and anew whenever their file, or the shape of a mart
that they read, is another. A mart that changes its shape is not held up by them: they make way.
What people made on a mart is theirs; where it is in the way, the publish stops and says so.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from salesforce_elt.errors import StopError
from salesforce_elt.models import Models
from salesforce_elt.warehouse.locks import LONGEST_WAIT, no_long_wait

_CREATE = re.compile(r"^create (?P<kind>view|function) marts\.(?P<name>\w+)", re.MULTILINE)
_MART_IMPORT = re.compile(r"\b(?:from|join) marts\.(\w+)")

DEPENDENT_VIEWS = """
select distinct v.identity from sync.views as v
inner join pg_rewrite as r on r.ev_class = to_regclass(v.identity)
inner join pg_depend as d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
where v.kind = 'view' and d.refclassid = 'pg_class'::regclass and d.refobjid = to_regclass(%s)
"""

# What we made says its grain in its comment, also when the schema `sync` was made anew since.
UNNOTED = """
select format('marts.%%I', relname) from pg_class
where relnamespace = 'marts'::regnamespace and relkind = 'v' and relname = %(name)s
and obj_description(oid, 'pg_class') like 'One row per %%'
union all
select oid::regprocedure::text from pg_proc
where pronamespace = 'marts'::regnamespace and proname = %(name)s
and obj_description(oid, 'pg_proc') like 'One row per %%'
"""

SHAPE = """
select array_agg(format('%%s %%s', attname, format_type(atttypid, atttypmod)) order by attnum)
from pg_attribute where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped
"""


@dataclass(frozen=True)
class MartView:
    """A `view` or a `function` on marts: one file; `grain` is its first line."""

    name: str
    kind: str
    grain: str
    text: str

    @property
    def marts(self) -> tuple[str, ...]:
        """The marts that it reads."""
        return tuple(sorted(set(_MART_IMPORT.findall(self.text))))


def load_views(models: Models) -> dict[str, MartView]:
    """The views and functions of the models' folder, by name.

    Raises StopError, naming the file, when it does not make what it is named after, or when it
    reads what is no mart.
    """
    paths = sorted((models.root / "sql/views").glob("*.sql"))
    return {path.stem: _load(path, models) for path in paths}


def _load(path: Path, models: Models) -> MartView:
    text = path.read_text("utf-8")
    grain, found = text.split("\n", 1)[0].removeprefix("-- "), _CREATE.search(text)
    if not grain.startswith("One row per ") or not found or found["name"] != path.stem:
        raise StopError(
            f"{path}: it must begin with '-- One row per <thing>.' and 'create view "
            f"marts.{path.stem} as' or 'create function marts.{path.stem}('."
        )
    view = MartView(path.stem, found["kind"], grain, text)
    if unknown := sorted(set(view.marts) - set(models.marts)):
        raise StopError(
            f"{path}: it reads marts.{unknown[0]}, which is no mart. A view reads marts alone; "
            f"there are: {', '.join(models.marts)}."
        )
    return view


def is_outdated(conn: psycopg.Connection, models: Models) -> bool:
    """Whether a view has to be made, made anew or dropped."""
    wanted, made = _wanted(conn, models), _made(conn)
    return {name: one[1] for name, one in made.items()} != wanted or not all(
        _exists(conn, identity) for identity, _ in made.values()
    )


def ensure_views(conn: psycopg.Connection, models: Models) -> None:
    """Makes the views that are not there, and those anew that are not up to date.

    Raises StopError when something that people made is in the way.
    """
    wanted, made, views = _wanted(conn, models), _made(conn), load_views(models)
    outdated = {
        name: identity
        for name, (identity, fingerprint) in made.items()
        if wanted.get(name) != fingerprint or not _exists(conn, identity)
    }
    with _nothing_in_the_way():
        for name, identity in outdated.items():
            _drop(conn, name, identity)
        for name in wanted.keys() - made.keys():
            for (identity,) in conn.execute(UNNOTED, {"name": name}).fetchall():
                _drop(conn, name, identity)
    for name in (one for one in wanted if one in outdated or one not in made):
        _create(conn, views[name], wanted[name])


@contextmanager
def views_make_way(conn: psycopg.Connection, mart: str) -> Iterator[None]:
    """Drops our views on a mart that changes its shape; the publish makes them again.

    Raises StopError when something that people made depends on the mart, or on such a view.
    """
    with _nothing_in_the_way():
        rows = conn.execute(DEPENDENT_VIEWS, [f"marts.{mart}"]).fetchall()
        for (identity,) in rows:
            _drop(conn, identity.removeprefix("marts."), identity)
        yield


@contextmanager
def _nothing_in_the_way() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.DependentObjectsStillExist as error:
        what = (error.diag.message_detail or error.diag.message_primary or "").replace("\n", "; ")
        raise StopError(
            f"A mart, or a view on one, changes its columns, and something that was made on it in "
            f"the warehouse is in the way: {what}. Nothing was published. Drop what depends on it, "
            "run the sync again, and make it anew on the columns that there are then."
        ) from None


def _wanted(conn: psycopg.Connection, models: Models) -> dict[str, str]:
    """The fingerprint of each view whose marts exist: its file, and the shape of the marts."""
    found = {}
    for name, view in load_views(models).items():
        shapes = [_shape(conn, mart) for mart in view.marts]
        if all(shapes):
            text = repr((view.text, shapes))
            found[name] = hashlib.sha256(text.encode()).hexdigest()[:16]
    return found


def _shape(conn: psycopg.Connection, mart: str) -> list[str] | None:
    row = conn.execute(SHAPE, [f"marts.{mart}"]).fetchone()
    return row[0] if row else None


def _made(conn: psycopg.Connection) -> dict[str, tuple[str, str]]:
    rows = conn.execute("select name, identity, fingerprint from sync.views order by name")
    return {name: (identity, fingerprint) for name, identity, fingerprint in rows.fetchall()}


def _exists(conn: psycopg.Connection, identity: str) -> bool:
    function = "to_regprocedure" if identity.endswith(")") else "to_regclass"
    row = conn.execute(
        sql.SQL("select {}(%s) is not null").format(sql.Identifier(function)), [identity]
    ).fetchone()
    return row == (True,)


def _drop(conn: psycopg.Connection, name: str, identity: str) -> None:
    kind = "function" if identity.endswith(")") else "view"
    with no_long_wait(conn, sql.Identifier("marts", name), at_most=LONGEST_WAIT):
        conn.execute(f"drop {kind} if exists {identity}".encode())
    conn.execute("delete from sync.views where name = %s", [name])


def _create(conn: psycopg.Connection, view: MartView, fingerprint: str) -> None:
    try:
        conn.execute(view.text.encode())
    except (psycopg.errors.DuplicateTable, psycopg.errors.DuplicateFunction):
        raise StopError(
            f"marts.{view.name} is there already, and no sync made it, so nothing was published. "
            f"Give it another name or another schema: include/sql/views/{view.name}.sql wants to "
            "be made under this one."
        ) from None
    row = conn.execute(
        "select oid::regprocedure::text from pg_proc where pronamespace = 'marts'::regnamespace"
        " and proname = %s order by oid desc limit 1",
        [view.name],
    ).fetchone()
    identity = row[0] if view.kind == "function" and row else f"marts.{view.name}"
    conn.execute(
        "insert into sync.views (name, kind, identity, fingerprint) values (%s, %s, %s, %s)",
        [view.name, view.kind, identity, fingerprint],
    )

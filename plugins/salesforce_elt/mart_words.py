"""
What each mart, view and column is, in words: `include/sql/marts.yaml`, the one source of it.

The words are the comments in the database, where every SQL client shows them, and they are in
docs/marts.md (see marts_page).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import yaml
from psycopg import sql

from salesforce_elt.errors import StopError
from salesforce_elt.mart_views import load_views
from salesforce_elt.models import Models

WORDS = "sql/marts.yaml"  # below the folder `include`

COMMENTS = """
select c.relname, '', d.description
from pg_class as c
left join pg_description as d
    on d.classoid = 'pg_class'::regclass and d.objoid = c.oid and d.objsubid = 0
where c.relnamespace = 'marts'::regnamespace and c.relkind in ('r', 'v')
union all
select c.relname, a.attname, d.description
from pg_class as c
inner join pg_attribute as a on c.oid = a.attrelid and a.attnum > 0 and not a.attisdropped
left join pg_description as d
    on d.classoid = 'pg_class'::regclass and d.objoid = c.oid and d.objsubid = a.attnum
where c.relnamespace = 'marts'::regnamespace and c.relkind in ('r', 'v')
union all
select p.proname, '', obj_description(p.oid, 'pg_proc')
from pg_proc as p where p.pronamespace = 'marts'::regnamespace
"""

Comments = dict[tuple[str, str], str]


@dataclass(frozen=True)
class Words:
    """What a mart or a view is (`about`: beside its grain, may be empty), and its columns."""

    grain: str
    about: str
    columns: Mapping[str, str]

    @property
    def comment(self) -> str:
        """The comment on the mart itself."""
        return f"{self.grain} {self.about}".strip()


def load_words(models: Models) -> dict[str, Words]:
    """The words of every mart and view that has some.

    Raises StopError, naming the file, when it is not as it must be or describes what is not there.
    """
    path = models.root / WORDS
    if not path.exists():
        return {}
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        raise StopError(f"{path} is not YAML: {error}") from error
    grains = {name: one.header.grain for name, one in models.marts.items()}
    grains |= {name: one.grain for name, one in load_views(models).items()}
    return {name: _words(path, name, entry, grains) for name, entry in _entries(path, content)}


def _entries(path: Path, content: Any) -> list[tuple[str, Any]]:
    if not isinstance(content, dict):
        raise StopError(f"{path}, line 1: it must be a mapping of marts and views to their words.")
    return list(content.items())


def _words(path: Path, name: str, entry: Any, grains: Mapping[str, str]) -> Words:
    if name not in grains:
        raise StopError(
            f"{path}: it describes {name}, which is neither a mart nor a view. There are: "
            f"{', '.join(grains)}."
        )
    columns = entry.get("columns") if isinstance(entry, dict) else None
    if not isinstance(columns, dict) or not all(isinstance(one, str) for one in columns.values()):
        raise StopError(f"{path}: {name} must have 'columns' with a text for each column.")
    return Words(grains[name], " ".join(str(entry.get("about") or "").split()), columns)


def lacks_comments(conn: psycopg.Connection, models: Models) -> bool:
    """Whether a comment in the database is not what the words say."""
    return bool(_differing(conn, models))


def ensure_comments(conn: psycopg.Connection, models: Models) -> None:
    """Writes the comments that are missing or say something else."""
    functions = {name for name, one in load_views(models).items() if one.kind == "function"}
    for (name, column), text in _differing(conn, models).items():
        relation = sql.Identifier("marts", name)
        if column:
            about = sql.SQL("column {}.{}").format(relation, sql.Identifier(column))
        elif name in functions:
            about = sql.SQL("function {}").format(relation)
        else:
            kind = "table" if name in models.marts else "view"
            about = sql.SQL("{} {}").format(sql.SQL(kind), relation)
        conn.execute(sql.SQL("comment on {} is {}").format(about, text))


def _differing(conn: psycopg.Connection, models: Models) -> Comments:
    wanted: Comments = {}
    for name, words in load_words(models).items():
        wanted[name, ""] = words.comment
        wanted |= {(name, column): text for column, text in words.columns.items()}
    rows = conn.execute(COMMENTS).fetchall()
    return {
        (name, column): wanted[name, column]
        for name, column, present in rows
        if (name, column) in wanted and wanted[name, column] != present
    }

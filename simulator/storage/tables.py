"""The table of an object, and what the org remembers beside its records."""

from __future__ import annotations

from simulator.catalog.types import NUMBER_TYPES, Field, SObject
from simulator.soql.sql import quote
from simulator.storage.connections import Connection

FIRST_OWN_NUMBER = 10_000_000_000
FOLDING = ("pg_c_utf8", "C.utf8", "en_US.utf8", "und-x-icu")
_TYPES = {
    "boolean": "boolean not null default false",
    "int": "bigint",
    "date": "date",
    "datetime": "timestamptz(0)",
    "time": "time(0)",
}

JAVA_DOUBLE = """
create function {state}.scientific(v numeric) returns text
language plpgsql immutable strict parallel safe as $$
declare
    digits numeric := abs(v::double precision::text::numeric);
    power integer;
    mantissa text;
begin
    if digits >= 1 then
        power := length(trunc(digits)::text) - 1;
    else
        power := -length(substring(digits::text from '^0\\.(0*)')) - 1;
    end if;
    mantissa := trim_scale(digits * ('1e' || -power)::numeric)::text;
    if position('.' in mantissa) = 0 then
        mantissa := mantissa || '.0';
    end if;
    return case when v < 0 then '-' else '' end || mantissa || 'E' || power;
end $$;
create function {state}.java_double(v numeric) returns text
language sql immutable parallel safe as $$
select case
    when v = 0 then '0.0'
    when abs(v) >= 10000000 or abs(v) < 0.001 then {state}.scientific(v)
    when v = trunc(v) then trunc(v)::text || '.0'
    else v::double precision::text
end $$;
"""

FOLDED = """
create function {state}.folded(v text) returns text
language sql immutable parallel safe as $$ select lower(v collate {collation}) $$;
"""

STATE = """
create table {state}.sobject (
    name text primary key, position integer not null, definition jsonb not null
);
create table {state}.delete_log (
    sobject text not null, id text collate "C" not null, deleted_at timestamptz not null,
    purged_at timestamptz, primary key (sobject, id)
);
create index on {state}.delete_log (sobject, deleted_at);
create table {state}.cursor (
    id text primary key, soql text not null, all_rows boolean not null, total integer not null,
    batch_size integer not null, is_snapshot boolean not null, created_at timestamptz not null
);
create table {state}.bulk_job (
    id text primary key, position bigint generated always as identity, job jsonb not null
);
create table {state}.number_given (
    sobject text not null, field text not null, number bigint not null, primary key (sobject, field)
);
create table {state}.rule (
    sobject text not null, name text not null, rule jsonb not null, primary key (sobject, name)
);
create table {state}.upkeep (name text primary key, at timestamptz not null);
create table {state}.batch_job (
    id text primary key, position bigint generated always as identity, job jsonb not null,
    batches jsonb not null
);
create sequence {state}.id_number start {first};
"""


def column_type(field: Field) -> str:
    """The type of a field's column: text and numbers as they are, without length or scale."""
    if field.type in NUMBER_TYPES:
        return "numeric"
    return _TYPES.get(field.type, 'text collate "C"')


def create_table(schema: str, sobject: SObject) -> str:
    """The DDL of an object's table and of the indexes that queries and cascades use."""
    name = f"{quote(schema)}.{quote(sobject.name)}"
    columns = ", ".join(f"{quote(f.name)} {column_type(f)}" for f in sobject.stored_fields)
    has_id = sobject.field("Id") is not None
    key = ', primary key ("Id")' if has_id else ""
    statements = [f"create table {name} ({columns}{key})"]
    if sobject.field("SystemModstamp") is not None:
        statements.append(f'create index on {name} ("SystemModstamp")')
    parents = [field for field in sobject.stored_fields if field.cascade_delete]
    statements += [f"create index on {name} ({quote(field.name)})" for field in parents]
    return "; ".join(statements)


def folding_collation(connection: Connection) -> str:
    """A collation of this server that knows the small letters of every script."""
    query = """
        select collname from pg_collation where collname = any(%s)
        order by array_position(%s::text[], collname::text) limit 1
    """
    row = connection.execute(query, (list(FOLDING), list(FOLDING))).fetchone()
    return "default" if row is None else str(row[0])


def create_state(state: str, collation: str) -> str:
    """The DDL of everything beside the records."""
    names = {"state": quote(state), "first": FIRST_OWN_NUMBER, "collation": quote(collation)}
    return JAVA_DOUBLE.format(**names) + FOLDED.format(**names) + STATE.format(**names)

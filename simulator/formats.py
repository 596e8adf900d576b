"""How Salesforce writes values: JSON of the REST resources, CSV of Bulk 2.0 (api.md 2.3, 3.4)."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from decimal import Decimal

from simulator.catalog.types import NUMBER_TYPES, Field

PLAIN_FROM, PLAIN_UNTIL = -3, 7
CSV_DATETIME = """to_char({0} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS".000Z"')"""
CSV_TIME = """to_char({0}, 'HH24:MI:SS".000Z"')"""


class JavaDouble(float):
    """A number that is written as Java writes a double: ``9.0E7`` for ninety millions."""

    @property
    def text(self) -> str:
        """The number as Java writes it."""
        return java_double(Decimal(repr(float(self))))


def java_double(number: Decimal) -> str:
    """A number as Java writes a double: scientific from ten millions up and below a thousandth."""
    number = Decimal(repr(float(number))).normalize()
    if not number:
        return "0.0"
    exponent = number.adjusted()
    if PLAIN_FROM <= exponent < PLAIN_UNTIL:
        return _with_fraction(format(number, "f"))
    return f"{_with_fraction(format(number.scaleb(-exponent), 'f'))}E{exponent}"


def shown(field: Field, value: object) -> object:
    """A stored value as the REST resources show it."""
    if value is None:
        return None
    if isinstance(value, Decimal):
        return JavaDouble(value) if field.type in NUMBER_TYPES else int(value)
    if isinstance(value, datetime):
        return rest_datetime(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M:%S.000Z")
    if field.type == "anyType" and isinstance(value, str):
        return json.loads(value, parse_float=JavaDouble)
    return value


def rest_datetime(moment: datetime) -> str:
    """A UTC datetime as REST and job metadata show it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def csv_expression(field: Field, sql: str, *, schema: str) -> str:
    """The SQL that writes a column as Bulk 2.0 does; null is the empty text."""
    if field.type == "boolean":
        return f"case when {sql} then 'true' when not {sql} then 'false' else '' end"
    if field.type in NUMBER_TYPES:
        return f"coalesce({schema}.java_double({sql}), '')"
    if field.type == "datetime":
        return f"coalesce({CSV_DATETIME.format(sql)}, '')"
    if field.type == "time":
        return f"coalesce({CSV_TIME.format(sql)}, '')"
    if field.type == "anyType":
        return f"coalesce({sql}::jsonb #>> '{{}}', '')"
    return f"coalesce({sql}::text, '')"


def _with_fraction(text: str) -> str:
    return text if "." in text else f"{text}.0"

"""
The types of single settings: the bounds, what would be right in words, and the JSON schema.

A value from a file is read as it was written; one that is a Python object already is only held
against the same bounds.
"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from salesforce_elt.settings import reading
from salesforce_elt.settings.frequency import Frequency
from salesforce_elt.settings.tree import Scalar

WRONG_VALUE: Literal["wrong_value"] = "wrong_value"
ORG_KEY = r"^[a-z][a-z0-9_]{0,30}$"
API_NAME = r"^[A-Za-z](_{0,2}[A-Za-z0-9])*$"
CONNECTION = r"^[A-Za-z0-9_.-]+$"
EMAIL = r"^[^\s@<>,;\"]+@[^\s@<>,;\"]+\.[^\s@<>,;\"]+$"
CLASS_PATH = r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)+$"
NOTIFIER_NAME = r"^[a-z][a-z0-9_]{0,30}$"
OccasionWord = Literal["failed", "partial", "deferred", "checks", "findings"]
OCCASIONS: tuple[OccasionWord, ...] = get_args(OccasionWord)
FEWEST_RESULT_DAYS, FEWEST_DETAIL_DAYS, MOST_DAYS = 90, 8, 3650
LONGEST_LAG = timedelta(hours=1)
LONGEST_OVERLAP = timedelta(days=1)
HOURS_OF_A_WEEK = 168
MOST_RECORDS = 100_000


def _said(right: str, read: Callable[[Scalar], object] = reading.text) -> WrapValidator:
    def check(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        hint = ""
        try:
            return handler(read(value) if isinstance(value, Scalar) else value)
        except reading.Unreadable as unreadable:
            hint = str(unreadable)
        except ValidationError:
            pass
        raise PydanticCustomError(WRONG_VALUE, "{right}", {"right": right, "hint": hint})

    return WrapValidator(check)


def _choice(*words: str) -> WrapValidator:
    return _said(_either(*words), reading.one_of(*words))


def _either(*words: str) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]])


def _text(pattern: str, *, longest: int = 255) -> StringConstraints:
    return StringConstraints(min_length=1, max_length=longest, pattern=pattern)


def _duration_schema(example: str) -> WithJsonSchema:
    pattern = f"^{reading.DURATION.pattern}$"
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": [example]})


_frequency = reading.one_of(*Frequency)
_SPAN = PlainSerializer(reading.written_duration, return_type=str, when_used="json")

Flag = Annotated[bool, _said("true or false", reading.flag)]
StartDate = Annotated[
    date,
    _said("a date such as 2024-01-31", reading.day),
    WithJsonSchema({"type": "string", "format": "date"}),
]
Percentage = Annotated[
    Decimal,
    Field(ge=0, le=100),
    _said("a number of percent from 0 to 100, such as 10", reading.percentage),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 100}),
]
Amount = Annotated[
    Decimal,
    Field(ge=0),
    _said("an amount of 0 or more, such as 1000 or 99.50", reading.number),
    WithJsonSchema({"type": "number", "minimum": 0}),
]
Hours = Annotated[
    Decimal,
    Field(gt=0, le=HOURS_OF_A_WEEK),
    _said("hours a week, more than 0 and at most 168, such as 40", reading.number),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": HOURS_OF_A_WEEK}),
]
Share = Annotated[
    Decimal,
    Field(gt=0, le=1),
    _said("a share more than 0 and at most 1, such as 0.75", reading.share),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": 1}),
]
RecordCount = Annotated[
    int,
    Field(ge=0, le=MOST_RECORDS),
    _said("a whole number of records from 0 to 100000, such as 20", reading.count),
    WithJsonSchema({"type": "integer", "minimum": 0, "maximum": MOST_RECORDS}),
]
ResultDays = Annotated[
    int,
    Field(ge=FEWEST_RESULT_DAYS, le=MOST_DAYS),
    _said("a whole number of days from 90 to 3650, such as 400", reading.count),
    WithJsonSchema({"type": "integer", "minimum": FEWEST_RESULT_DAYS, "maximum": MOST_DAYS}),
]
DetailDays = Annotated[
    int,
    Field(ge=FEWEST_DETAIL_DAYS, le=MOST_DAYS),
    _said("a whole number of days from 8 to 3650, such as 35", reading.count),
    WithJsonSchema({"type": "integer", "minimum": FEWEST_DETAIL_DAYS, "maximum": MOST_DAYS}),
]
Lag = Annotated[
    timedelta,
    Field(ge=timedelta(0), le=LONGEST_LAG),
    _said("a time from 0s to 1h, such as 2s", reading.duration),
    _duration_schema("2s"),
    _SPAN,
]
Overlap = Annotated[
    timedelta,
    Field(ge=timedelta(0), le=LONGEST_OVERLAP),
    _said("a time from 0s to 24h, such as 15m", reading.duration),
    _duration_schema("15m"),
    _SPAN,
]

OrgKey = Annotated[
    str,
    _text(ORG_KEY),
    _said("an org's key: a small letter, then at most 30 small letters, digits or _"),
]
Connection = Annotated[
    str,
    _text(CONNECTION, longest=250),
    _said("the name of an Airflow connection, such as salesforce_acme"),
]
OpportunityType = Annotated[
    str,
    StringConstraints(min_length=1, max_length=255),
    _said("an opportunity type as Salesforce writes it, such as New Customer"),
]
SalesProcess = Annotated[
    str,
    StringConstraints(min_length=1, max_length=255),
    _said("a sales process as Salesforce writes it, such as New Business"),
]
Email = Annotated[str, _text(EMAIL), _said("an e-mail address, such as ada@acme.com")]
ObjectName = Annotated[
    str, _text(API_NAME, longest=80), _said("an object's API name, such as Invoice__c")
]
FieldName = Annotated[str, _text(API_NAME, longest=80), _said("a field's API name, such as SSN__c")]
FrequencyChoice = Annotated[
    Frequency, _said(_either(*Frequency), lambda written: Frequency(_frequency(written)))
]
PipelineMode = Annotated[Literal["one", "split"], _choice("one", "split")]
WithoutRecordType = Annotated[
    Literal["default_pipeline", "exclude"], _choice("default_pipeline", "exclude")
]
Availability = Annotated[
    Literal["default_capacity", "no_availability"], _choice("default_capacity", "no_availability")
]
Reconcile = Annotated[Literal["daily", "weekly", "never"], _choice("daily", "weekly", "never")]
Occasion = Annotated[OccasionWord, _choice(*OCCASIONS)]
NotifierName = Annotated[
    str,
    _text(NOTIFIER_NAME, longest=31),
    _said("a notifier's name: a small letter, then at most 30 small letters, digits or _"),
]
ClassPath = Annotated[
    str,
    _text(CLASS_PATH),
    _said(
        "the path of a notifier's class, such as "
        "airflow.providers.slack.notifications.slack.SlackNotifier"
    ),
]

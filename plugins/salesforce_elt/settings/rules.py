"""
What no single setting can see: rules between settings, each a function over one org as written.

They look at what is written, not at the models, so that they speak up beside other problems and
point at the very item that is wrong.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from salesforce_elt.objects import STANDARD_SET
from salesforce_elt.settings.tree import Scalar, Value
from salesforce_elt.settings.wording import NAME_ITSELF, Path, shown

Org = Mapping[str, Value]
Found = Iterator[tuple[Path, str]]
Rule = Callable[[Org], Found]

STANDARD = {sobject.name.lower(): sobject for sobject in STANDARD_SET}

NEEDS_SPLIT = "has no effect with one pipeline: set mode: split beside it, or remove it"
FIELD_LISTS = {
    "exclude_fields": "it must be read, so take it out of the list",
    "hash_fields": "it must stay readable, so take it out of the list",
}

# How rows are found, followed and merged: without these there is no sync.
OF_EVERY_OBJECT = frozenset(
    {
        "id",
        "isdeleted",
        "systemmodstamp",
        "lastmodifieddate",
        "createddate",
        "logintime",
    }
)
# Beside references: what the marts match, select or decide by.
DECISIVE = {
    "Opportunity": "StageName Type Amount Probability CloseDate IsClosed IsWon CurrencyIsoCode",
    "OpportunityHistory": "StageName Amount Probability CloseDate CurrencyIsoCode",
    "OpportunityContactRole": "IsPrimary",
    "OpportunityStage": "MasterLabel ApiName IsActive IsClosed IsWon SortOrder DefaultProbability",
    "User": "Email IsActive UserType",
    "Group": "Type Email",
    "RecordType": "SobjectType IsActive",
    "BusinessProcess": "Name TableEnumOrId IsActive",
    "RecordTypeStage": "StageName SortOrder",
    "Organization": "TimeZoneSidKey",
    "CurrencyType": "IsoCode ConversionRate IsCorporate",
    "DatedConversionRate": "IsoCode ConversionRate StartDate",
}


def broken_rules(org: Org) -> Found:
    """Every rule that an org's settings break: the place below the org, and what is wrong."""
    for rule in RULES:
        yield from rule(org)


def no_key_inside(org: Org) -> Found:
    """The name above an org's settings is its key."""
    if "key" in org:
        yield ("key", NAME_ITSELF), "is no setting: the name above the org's settings is its key"


def processes_need_split(org: Org) -> Found:
    """With one pipeline there is nothing to choose sales processes for."""
    pipelines = _mapping(org.get("pipelines"))
    if _word(pipelines.get("mode"), default="one") != "one":
        return
    if pipelines.get("sales_processes") is not None:
        yield ("pipelines", "sales_processes"), NEEDS_SPLIT
    if _word(pipelines.get("without_record_type")) == "exclude":
        yield ("pipelines", "without_record_type"), NEEDS_SPLIT


def no_item_twice(org: Org) -> Found:
    """A list names everything once."""
    lists = (("opportunity_types",), ("pipelines", "sales_processes"), ("notifications", "about"))
    for path in lists:
        yield from _repeated(org, path, same=str)
    for name in _mapping(org.get("objects")):
        for key in (*FIELD_LISTS, "refresh_fields"):
            yield from _repeated(org, ("objects", name, key), same=str.lower)


def no_name_twice(org: Org) -> Found:
    """To Salesforce, `contact` and `Contact` are one object, and e-mail addresses have no case."""
    for path in (("objects",), ("members", "overrides")):
        seen: dict[str, str] = {}
        for name in _mapping(_at(org, path)):
            first = seen.setdefault(name.lower(), name)
            if first != name:
                said = f"is the same as {shown(first)}: keep one of the two"
                yield (*path, name, NAME_ITSELF), said


def standard_names_as_salesforce_writes_them(org: Org) -> Found:
    """A staging table is named after the object, so its name has one spelling."""
    for name in _mapping(org.get("objects")):
        standard = STANDARD.get(name.lower())
        if standard and standard.name != name:
            yield ("objects", name, NAME_ITSELF), f"is a standard object: write {standard.name}"


def needed_fields_stay_readable(org: Org) -> Found:
    """Neither the sync nor the marts can do without the fields that they find rows by."""
    for name in _mapping(org.get("objects")):
        for key, doing in FIELD_LISTS.items():
            for index, text in _items(org, ("objects", name, key)):
                if reason := _why_needed(name, text, hashed=key == "hash_fields"):
                    yield ("objects", name, key, index), f"names {text}, but {reason}: {doing}"


def refreshed_is_read(org: Org) -> Found:
    """A field that is never read cannot be refreshed, and stamps are what others change by."""
    for name in _mapping(org.get("objects")):
        excluded = {text.lower() for _, text in _items(org, ("objects", name, "exclude_fields"))}
        for index, text in _items(org, ("objects", name, "refresh_fields")):
            place = ("objects", name, "refresh_fields", index)
            if text.lower() in excluded:
                said = f"names {shown(text)}, which exclude_fields names too: keep one of the two"
                yield place, said
            if text.lower() in OF_EVERY_OBJECT:
                yield place, f"names {shown(text)}, which every sync reads anyway: remove it"


def hashed_is_not_excluded(org: Org) -> Found:
    """A field that is never read cannot be hashed."""
    for name in _mapping(org.get("objects")):
        excluded = {text.lower() for _, text in _items(org, ("objects", name, "exclude_fields"))}
        for index, text in _items(org, ("objects", name, "hash_fields")):
            if text.lower() in excluded:
                said = f"names {shown(text)}, which exclude_fields names too: keep one of the two"
                yield ("objects", name, "hash_fields", index), said


RULES: tuple[Rule, ...] = (
    no_key_inside,
    processes_need_split,
    no_item_twice,
    no_name_twice,
    standard_names_as_salesforce_writes_them,
    needed_fields_stay_readable,
    hashed_is_not_excluded,
    refreshed_is_read,
)


def _why_needed(sobject: str, field: str, *, hashed: bool) -> str | None:
    if field.lower() in OF_EVERY_OBJECT:
        return "every sync finds changes by it"
    standard = STANDARD.get(sobject.lower())
    if standard is None:
        return None
    if field.lower() in DECISIVE.get(standard.name, "").lower().split():
        return "the marts match or select by it"
    kind = {name.lower(): kind for name, kind in standard.needs.items()}.get(field.lower())
    if kind == "reference":
        return "the marts join by it"
    return f"the marts need its {kind} values" if hashed and kind not in (None, "string") else None


def _repeated(org: Org, path: tuple[str, ...], *, same: Callable[[str], str]) -> Found:
    seen: set[str] = set()
    for index, text in _items(org, path):
        if same(text) in seen:
            yield (*path, index), f"names {shown(text)} again: name it once"
        seen.add(same(text))


def _items(org: Org, path: Iterable[str]) -> Iterator[tuple[int, str]]:
    listed = _at(org, path)
    for index, item in enumerate(listed if isinstance(listed, tuple) else ()):
        if isinstance(item, Scalar):
            yield index, item.text


def _at(org: Org, path: Iterable[str]) -> Value:
    value: Value = dict(org)
    for part in path:
        value = _mapping(value).get(part)
    return value


def _mapping(value: Value) -> dict[str, Value]:
    return value if isinstance(value, dict) else {}


def _word(value: Value, *, default: str = "") -> str:
    return value.text if isinstance(value, Scalar) else default

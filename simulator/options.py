"""The switches of an org: every reading that api.md leaves open, and what orgs turn on and off.

Each option names its place in api.md. Where that place is marked (U), unverified, both readings are
offered, and the first value is the default.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

OptionValue = bool | int | float | str


@dataclass(frozen=True)
class Option:
    """One switch: its values, or an open range where there are none, and where it comes from."""

    name: str
    default: OptionValue
    choices: tuple[OptionValue, ...]
    reference: str
    meaning: str


def switch(name: str, default: bool, *, reference: str, meaning: str) -> Option:
    """An option that is on or off."""
    return Option(name, default, (default, not default), reference, meaning)


def choice(name: str, *choices: str, reference: str, meaning: str) -> Option:
    """An option with named readings, the default first."""
    return Option(name, choices[0], choices, reference, meaning)


def amount(name: str, default: int | float, *, reference: str, meaning: str) -> Option:
    """A number, zero or more."""
    return Option(name, default, (), reference, meaning)


DECLARED: tuple[Option, ...] = (
    # logins
    switch("client_credentials_login", True, reference="1.0", meaning="a run-as user is set"),
    switch("jwt_login", True, reference="1.0", meaning="the JWT bearer flow works"),
    switch("jwt_user_approved", True, reference="1.2", meaning="the user may use the app"),
    switch("password_login", False, reference="1.0", meaning="OAuth username-password works"),
    switch("soap_login", False, reference="1.0", meaning="SOAP login() works, up to v64.0"),
    switch("certificate_valid", True, reference="1.2 (U)",
           meaning="the app's certificate has not expired"),
    switch("app_approved", True, reference="1.2", meaning="an admin lets the user use the app"),
    switch("authorize_consent", True, reference="1.2", meaning="the user says yes to the app"),
    switch("pkce_required", False, reference="1.2", meaning="a code needs a code challenge"),
    switch("web_flow_secret_required", False, reference="1.2",
           meaning="codes and refresh tokens need the app's secret"),
    amount("code_seconds", 900, reference="1.2 (U)", meaning="how long a code can be redeemed"),
    amount("refresh_token_seconds", 0, reference="1.2",
           meaning="how long a refresh token is good; 0: until it is revoked"),
    switch("refresh_token_rotation", False, reference="1.2",
           meaning="a refresh token is good once and brings the next"),
    amount("lockout_attempts", 10, reference="1.1", meaning="wrong passwords until the lockout"),
    amount("logins_an_hour", 3600, reference="1.1", meaning="logins of a user in an hour"),
    switch("user_active", True, reference="1.2", meaning="the integration user is active"),
    switch("user_locked", False, reference="1.2", meaning="the integration user is locked out"),
    switch("api_enabled", True, reference="1.4", meaning="the org and the user have the API"),
    amount("session_seconds", 7200, reference="1.1", meaning="idle time until a session ends"),
    # quotas
    amount("daily_api_requests", 100_000, reference="2.5", meaning="calls in 24 hours"),
    amount("used_api_requests", 0, reference="2.5", meaning="calls that other users have made"),
    amount("concurrent_long_requests", 25, reference="2.5",
           meaning="requests over 20 seconds that may run at once; 5 in a developer org"),
    amount("used_long_requests", 0, reference="2.5", meaning="such requests of other users"),
    amount("daily_bulk_query_jobs", 10_000, reference="3.7", meaning="Bulk 2.0 query jobs"),
    amount("used_bulk_query_jobs", 0, reference="3.7", meaning="jobs that other users have made"),
    amount("daily_bulk_result_mb", 976_562, reference="3.7", meaning="Bulk 2.0 results stored"),
    amount("used_bulk_result_mb", 0, reference="3.7", meaning="results of other users"),
    switch("limit_info_per_app", False, reference="2.1", meaning="the header has a per-app part"),
    amount("daily_app_requests", 25_000, reference="2.1",
           meaning="what the header's per-app part says that the app may call in 24 hours"),
    switch("limit_info_jitters", False, reference="2.1", meaning="api-usage is not monotonic"),
    switch("limits_complete", True, reference="2.5", meaning="the user has View Setup"),
    # features, from the next new org on
    switch("multi_currency", False, reference="5.4", meaning="records have a CurrencyIsoCode"),
    switch("person_accounts", False, reference="5.5", meaning="an account may be a person"),
    # REST
    amount("query_batch_size", 2000, reference="2.3", meaning="records of a page, at most"),
    switch("wide_rows_shrink", True, reference="2.3",
           meaning="pages with two long custom texts hold 200 records, those with bodies one"),
    amount("query_timeout_records", 0, reference="2.3",
           meaning="an object with more makes REST queries time out; 0: never"),
    amount("bulk_timeout_records", 0, reference="3.6",
           meaning="a Bulk job that finds more records times out, chunked or not; 0: never"),
    amount("order_by_timeout_records", 0, reference="3.5",
           meaning="an object with more makes ORDER BY and LIMIT in Bulk time out; 0: never"),
    choice("cursor_values", "late", "snapshot", reference="5.1 (U)",
           meaning="whether a later page shows values as they are then, or as at the query"),
    switch("replication_in_composite", True, reference="2.6 (U)",
           meaning="getUpdated and getDeleted work inside composite"),
    switch("replication_end_inclusive", True, reference="2.4 (U)",
           meaning="a change at exactly the end of the window is listed"),
    switch("undelete_leaves_deleted_list", True, reference="2.4 (U)",
           meaning="an undeleted record is no longer listed by getDeleted"),
    switch("undelete_bumps_stamp", True, reference="5.2 (U)",
           meaning="undelete changes SystemModstamp"),
    amount("open_transaction_seconds", 0, reference="2.4",
           meaning="how long another's transaction is open; holds latestDateCovered back"),
    switch("purged_rows_linger", False, reference="5.2",
           meaning="queryAll shows purged records for 24 hours"),
    switch("history_lookup_names", True, reference="5.9 (U)",
           meaning="a changed lookup gives two rows of history, names and Ids"),
    switch("archiving_bumps_stamp", False, reference="5.2 (U)",
           meaning="archiving an activity changes its SystemModstamp"),
    amount("recycle_bin_capacity", 125_000, reference="5.2",
           meaning="records in the recycle bin; beyond, the oldest leave (5,000 a licence)"),
    amount("delete_log_capacity", 125_000, reference="2.4",
           meaning="deletions that getDeleted remembers (5,000 a licence)"),
    amount("replication_most_ids", 600_000, reference="2.4",
           meaning="Ids of one getUpdated or getDeleted answer; more are refused"),
    switch("audit_trail_needs_view_setup", True, reference="6.1 (U)",
           meaning="SetupAuditTrail is there only for users with View Setup"),
    switch("ui_api_enabled", True, reference="5.6", meaning="the user may use the UI API"),
    # Bulk 1.0
    switch("bulk_first", True, reference="clients.md 9", meaning="Bulk 1.0 is enabled"),
    amount("daily_bulk_batches", 15_000, reference="3.7", meaning="Bulk 1.0 batches in 24 hours"),
    amount("used_bulk_batches", 0, reference="3.7", meaning="batches that other users have made"),
    # Bulk 2.0
    amount("bulk_queue_seconds", 0, reference="3.2", meaning="time in UploadComplete"),
    amount("bulk_run_seconds", 0, reference="3.2", meaning="time in InProgress, at least"),
    choice("bulk_validation", "synchronous", "failed_job", reference="3.1 (U)",
           meaning="whether a bad query is refused at once or makes a failed job"),
    switch("bulk_failure_message", True, reference="3.2", meaning="a failed job says why"),
    choice("bulk_empty_result", "header", "nothing", reference="3.3 (U)",
           meaning="what a job without records returns"),
    choice("bulk_results_too_early", "400", "409", reference="3.3 (U)",
           meaning="the status of results asked for before JobComplete"),
    choice("bulk_setup_objects", "allowed", "refused", reference="3.5 (U)",
           meaning="whether OpportunityStage can be read in Bulk"),
    amount("bulk_page_records", 50_000, reference="3.3", meaning="records of a page, unasked"),
    switch("bulk_pk_chunking_shown", True, reference="3.2",
           meaning="a job shows isPkChunkingSupported"),
)  # fmt: skip

_BY_NAME: Mapping[str, Option] = {option.name: option for option in DECLARED}


class UnknownOption(Exception):
    """An option that is not declared, or a value that it does not take."""


class Options:
    """The options of one org; unset ones have their declared default."""

    def __init__(self, values: Mapping[str, OptionValue] | None = None) -> None:
        self._values: dict[str, OptionValue] = {}
        self.update(values or {})

    def update(self, values: Mapping[str, OptionValue]) -> None:
        """Set some options; none is set if one of them is refused."""
        self._values |= {name: _checked(name, value) for name, value in values.items()}

    def reset(self) -> None:
        """All options as declared."""
        self._values.clear()

    def on(self, name: str) -> bool:
        """Whether a switch is on."""
        return bool(self._values.get(name, _BY_NAME[name].default))

    def text(self, name: str) -> str:
        """The chosen reading."""
        return str(self._values.get(name, _BY_NAME[name].default))

    def number(self, name: str) -> float:
        """The amount."""
        return float(self._values.get(name, _BY_NAME[name].default))

    def __iter__(self) -> Iterator[tuple[str, OptionValue]]:
        """All options with their values."""
        return ((o.name, self._values.get(o.name, o.default)) for o in DECLARED)


def _checked(name: str, value: OptionValue) -> OptionValue:
    option = _BY_NAME.get(name)
    if option is None:
        raise UnknownOption(f"there is no option {name!r}")
    if option.choices and (value not in option.choices or type(value) is not type(option.default)):
        raise UnknownOption(f"{name} takes one of {list(option.choices)}, not {value!r}")
    is_amount = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    if not option.choices and not is_amount:
        raise UnknownOption(f"{name} takes a number, zero or more, not {value!r}")
    return value

"""Administrators are answered or refused as well."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulator.conftest import Client
from tests.simulator.hostile.sending import (
    FEW,
    LEAVES,
    text_of,
)

ADMIN_PATHS = (
    ("PATCH", "options"),
    ("POST", "clock"),
    ("POST", "hide"),
    ("POST", "load"),
    ("POST", "faults"),
    ("PUT", "logins"),
    ("POST", "permissions/grant"),
    ("POST", "permissions/profile"),
    ("POST", "sharing"),
    ("PUT", "records/Account"),
    ("POST", "records/Account/delete"),
    ("POST", "records/Account/merge"),
)
ADMIN_NAMES = (
    "set", "advance_seconds", "object", "field", "folder", "kind", "match", "times", "skip",
    "ip_ranges", "hours", "permission_set", "rights", "fields", "system", "profile", "private",
    "Id", "Name", "AnnualRevenue", "CreatedDate", "ids", "winner", "losers", "session_seconds",
)  # fmt: skip
ADMIN_BODIES = st.recursive(
    LEAVES | st.sampled_from(["delay", "status", "1e9", "Account", "nan"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(ADMIN_NAMES), inner, max_size=5)
    ),
    max_leaves=10,
)


@pytest.mark.parametrize(("method", "path"), ADMIN_PATHS)
def test_administrators_are_answered_or_refused_too(
    sandbox: Client, method: str, path: str
) -> None:
    @FEW
    @given(body=ADMIN_BODIES)
    def sends(body: object) -> None:
        answer = sandbox.admin(method, path, data=text_of(body))
        assert answer.status_code < 500, answer.text

    sends()
    sandbox.running.org.options.reset()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AnnualRevenue", "much"),
        ("CreatedDate", "soon"),
        ("CreatedDate", "0001-01-01T00:00:00+14:00"),
        ("AnnualRevenue", []),
        ("CreatedDate", 5),
    ],
)
def test_a_record_of_the_administrator_has_to_fit(
    sandbox: Client, name: str, value: object
) -> None:
    record = {"Id": "001000000000001AAA", "Name": "x", name: value}
    assert sandbox.admin("PUT", "records/Account", json=[record]).status_code == 400

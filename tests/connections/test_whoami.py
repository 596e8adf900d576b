"""Who a session is: one line that an administrator compares with what they meant."""

import time
from dataclasses import replace
from decimal import Decimal

import pytest

from salesforce_elt.errors import AccessDenied
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.whoami import whoami
from tests.connected import METHODS, Somebody, logged_in


def client_of(somebody: Somebody, method: str = "client_credentials", **changes):
    access = somebody.access(method, **changes)
    return SalesforceClient(
        lambda _: logged_in(access), http=access.http(), pause=time.sleep, share=Decimal(1)
    )


@pytest.mark.parametrize("method", METHODS)
def test_whoever_logs_in_by_whatever_login_is_the_same_user_of_the_same_org(somebody, method):
    found = whoami(client_of(somebody, method))
    keys, store = somebody.org.credentials, somebody.org.org
    assert (found.username, found.user_id) == (keys.username, store.store.user_id)
    assert (found.org_id, len(found.org_id)) == (store.organization_id, 18)
    assert found.version == "67.0"


def test_it_costs_two_api_calls(somebody: Somebody):
    client = client_of(somebody)
    whoami(client)
    assert client.calls == 2


def test_the_line_has_all_of_it(somebody: Somebody):
    found = whoami(client_of(somebody, extra={"version": "60.0"}))
    assert str(found) == (
        f"{found.name} ({found.username}, {found.user_id}) in the org {found.org_name} "
        f"({found.org_id}, production, {found.edition}), API version 60.0. "
        f"{found.requests_used:,} of 100,000 daily API requests are used."
    )
    assert found.edition.endswith("Edition")


def test_a_sandbox_is_called_one(somebody: Somebody):
    somebody.change("Organization", somebody.org.org.organization_id, IsSandbox=True)
    try:
        assert ", sandbox, " in str(whoami(client_of(somebody)))
    finally:
        somebody.change("Organization", somebody.org.org.organization_id, IsSandbox=False)


def test_an_org_that_tells_no_usage_is_named_all_the_same(somebody: Somebody):
    client = client_of(somebody)
    told = replace(whoami(client), requests_used=None, requests_allowed=None)
    assert str(told).endswith("How many daily API requests are left is not told.")


def test_a_user_without_the_api_is_told_the_permission_to_give(somebody: Somebody):
    client = client_of(somebody)
    client.token()
    somebody.org.org.options.update({"api_enabled": False})
    with pytest.raises(AccessDenied, match=r"API Enabled: Setup > Users > Permission Sets"):
        whoami(client)


def test_a_refused_part_of_the_answer_is_an_error(somebody: Somebody):
    client = client_of(somebody)
    refused = {
        "kind": "status", "status": 200, "match": {"path": "composite"},
        "body": {"compositeResponse": [
            {"httpStatusCode": 403, "referenceId": reference, "httpHeaders": {},
             "body": [{"errorCode": "INSUFFICIENT_ACCESS", "message": "no"}]}
            for reference in ("r0", "r1")
        ]},
    }  # fmt: skip
    somebody.arm(refused)
    with pytest.raises(AccessDenied, match="INSUFFICIENT_ACCESS"):
        whoami(client)


def test_an_answer_without_the_user_is_an_error(somebody: Somebody):
    client = client_of(somebody)
    empty = {"totalSize": 0, "done": True, "records": []}
    somebody.arm({
        "kind": "status", "status": 200, "match": {"path": "composite"},
        "body": {"compositeResponse": [
            {"httpStatusCode": 200, "referenceId": reference, "httpHeaders": {}, "body": empty}
            for reference in ("r0", "r1")
        ]},
    })  # fmt: skip
    with pytest.raises(AccessDenied, match="shows neither the user nor the org"):
        whoami(client)

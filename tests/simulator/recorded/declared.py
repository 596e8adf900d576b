"""The recorded answers: how each is brought about, and how closely it is compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.simulator.recorded import asking
from tests.simulator.recorded.asking import Ask, after, call, get, query, token, with_options

# word for word; keys and kinds of values; the same, where newer orgs tell more; code and keys only
SAME, KINDS, MORE, CODES = "same", "kinds", "more", "codes"
WHIZBANG = (
    (r"Whizbang__c/a00\w+", "Whizbang/foo"),
    (r"/Whizbang/(foo|bar|23foo)", "/Whizbang__c/a00000000000001AAA"),
    (r"\b((?:\w+_Label|Auto_Number))\b", r"\1__c"),
)
TEXTS = "Text_Label__c, Date_Label__c, DateTime_Label__c, Picklist_Multiselect_Label__c"
WHOLE = (
    f"SELECT Checkbox_Label__c, {TEXTS}, ParentWhizbang__r.Name, ParentWhizbang__r.Text_Label__c, "
    "(SELECT Name FROM Whizbangs__r) FROM Whizbang__c WHERE External_Field__c = '1234'"
)


@dataclass(frozen=True)
class Held:
    """A recorded answer: what is asked, how it is compared, and what differs by name only."""

    ask: Ask
    how: str = MORE
    status: int = 200
    swap: tuple[tuple[str, str], ...] = ()
    part: str | int | None = None
    without: tuple[str, ...] = ()


def _errors(file: str, entries: Mapping[str | int, tuple[Ask, int]]) -> dict[str, Held]:
    return {
        f"{file}#{entry}": Held(ask, SAME, status, part=entry)
        for entry, (ask, status) in entries.items()
    }


CREDENTIALS = {"grant_type": "client_credentials"}
REFRESH = {"grant_type": "refresh_token", "refresh_token": "nonsense"}
SMALL_PAGES = {"Sforce-Query-Options": "batchSize=200"}
PAGED = (("Whizbang/foo", "Account/001000000000001AAA"), ("Text_Label", "Name"))
COUNTS = "SELECT WhatId, ActivityDate, Status, COUNT(Id) MyCount FROM Task"

ANSWERS: dict[str, Held] = {
    # what older orgs add to the words is left out by the documented error
    "restforce/auth_error_response.json": Held(
        asking.password_login("wrong"), SAME, 400, swap=((" - Invalid Password", ""),)
    ),
    "restforce/auth_success_response.json": Held(asking.password_login()),
    "restforce/reauth_success_response.json": Held(token(**CREDENTIALS)),
    "restforce/refresh_error_response.json": Held(token(**REFRESH), SAME, 400),
    "restforce/refresh_success_response.json": Held(token(**CREDENTIALS)),
    "simple_salesforce/oauth_token_success.json": Held(token(**CREDENTIALS)),
    "restforce/create_success_response.json": Held(
        asking.created("Account", Name="New"), KINDS, 201, swap=(("some_id", "001000000000001AAA"),)
    ),
    "restforce/delete_error_response.json": Held(
        call("DELETE", "/sobjects/Account/rid"), SAME, 404
    ),
    "restforce/describe_sobjects_success_response.json": Held(get("/sobjects")),
    "restforce/list_sobjects_success_response.json": Held(get("/sobjects")),
    "restforce/expired_session_response.json": Held(asking.without_session, SAME, 401),
    "restforce/get_deleted_success_response.json": Held(asking.deleted, KINDS),
    "docs_examples/getDeleted.json": Held(asking.deleted, KINDS),
    "restforce/get_updated_success_response.json": Held(
        get("/sobjects/Account/updated/", **asking.WINDOW), KINDS
    ),
    "restforce/org_query_response.json": Held(query("SELECT Id FROM Organization"), KINDS),
    "restforce/query_aggregate_success_response.json": Held(
        query("SELECT CampaignId, SUM(Amount) FROM Opportunity GROUP BY CampaignId"), KINDS
    ),
    "restforce/query_empty_response.json": Held(
        query("SELECT Id FROM Account WHERE Name = 'nobody'"), SAME
    ),
    # the message is a placeholder
    "restforce/query_error_response.json": Held(query("SELECT Nope FROM Account"), CODES, 400),
    "restforce/query_paginated_first_page_response.json": Held(
        query("SELECT Name FROM Account", **SMALL_PAGES),
        KINDS,
        swap=(*PAGED, ("/query/01gD", "/query/01g000000000001AAA-200")),
    ),
    "restforce/query_paginated_last_page_response.json": Held(asking.last_page, KINDS, swap=PAGED),
    "restforce/query_success_response.json": Held(query(WHOLE), KINDS, swap=WHIZBANG),
    "restforce/services_data_success_response.json": Held(get("/services/data"), KINDS),
    "restforce/sobject_describe_error_response.json": Held(
        get("/sobjects/Nothing/describe"), SAME, 404
    ),
    "restforce/sobject_find_error_response.json": Held(get("/sobjects/Account/23foo"), SAME, 404),
    "restforce/sobject_find_success_response.json": Held(
        get("/sobjects/Whizbang__c/{Whizbang__c}"),
        swap=(
            *WHIZBANG,
            ("owner_id|created_by_id|last_modified_by_id", "005000000000001AAA"),
            ('"23foo"', '"a00000000000001AAA"'),
        ),
    ),
    "restforce/sobject_select_success_response.json": Held(
        get("/sobjects/Whizbang__c/{Whizbang__c}", fields="External_Field__c"),
        KINDS,
        swap=(*WHIZBANG, ('"23foo"', '"a00000000000001AAA"')),
    ),
    "restforce/upsert_created_success_response.json": Held(
        call("PATCH", "/sobjects/Whizbang__c/External_Field__c/new", {"Name": "New"}),
        MORE,
        201,
        swap=(('"foo"', '"a00000000000001AAA"'),),
    ),
    "restforce/upsert_updated_success_response.json": Held(
        call(
            "PATCH",
            "/sobjects/Whizbang__c/External_Field__c/1234",
            {"Text_Label__c": "t"},
            version="45.0",
        ),
        SAME,
        204,
    ),
    "restforce/upsert_error_response.json": Held(
        call("PATCH", "/sobjects/Account/Namez/x", {"Name": "New"}), SAME, 404
    ),
    "restforce/upsert_multiple_error_response.json": Held(
        get("/sobjects/Whizbang__c/External_Field__c/twice"), KINDS, 300, swap=WHIZBANG
    ),
    "restforce/write_error_response.json": Held(
        call("PATCH", "/sobjects/Account/{Account}", {"foo": 1}),
        SAME,
        400,
        swap=(("Bar", "Account"),),
    ),
    "docs_examples/bulk2_query_create_response.json": Held(asking.bulk_job(), KINDS),
    "docs_examples/bulk2_query_info_complete.json": Held(asking.finished(), KINDS),
    "docs_examples/bulk2_query_resultPages.json": Held(
        with_options(asking.finished("/resultPages"), bulk_page_records=20), MORE
    ),
    "simple_salesforce/bulk2_ingest_job_complete.json": Held(
        asking.ingested(""), MORE, swap=(("Job-1", "750000000000001AAA"),)
    ),
    # by the name that batches had before version 49
    "simple_salesforce/limits_old.json": Held(get("/limits", version="48.0")),
    "swiftlysalesforce/MockIdentity.json": Held(
        lambda world: world.client.http.get(world.client.get("").json()["identity"], timeout=120),
        # an anonymised Id, a letter too long
        swap=(("00Di0000000bAAAAAAA", "00Di0000000bAAAAAA"),),
    ),
    "swiftlysalesforce/MockAggregateQueryResult.json": Held(
        query(f"{COUNTS} GROUP BY WhatId, ActivityDate, Status"), KINDS
    ),
    "cumulusci/GET_sobjects_Organization.json": Held(get("/sobjects/Organization/{Organization}")),
    **_errors(
        "docs_examples/oauth_errors.json",
        {
            "password_wrong": (asking.password_login("wrong"), 400),
            "refresh_expired": (token(**REFRESH), 400),
            "jwt_not_approved": (asking.jwt_login(), 400),
            "client_credentials_wrong_host": (asking.shared_host, 400),
            "client_credentials_no_runas": (
                with_options(token(**CREDENTIALS), client_credentials_login=False),
                400,
            ),
            "bad_client_id": (token(**CREDENTIALS, client_id="nobody"), 400),
            "bad_client_secret": (token(**CREDENTIALS, client_secret="wrong"), 400),
            "unsupported": (token(grant_type="magic"), 400),
        },
    ),
    **_errors(
        "docs_examples/rest_errors.json",
        {
            0: (asking.without_session, 401),
            1: (with_options(get("/sobjects"), api_enabled=False), 403),
            2: (with_options(get("/sobjects"), used_api_requests=100_000), 403),
            3: (with_options(query("SELECT Id FROM Account"), query_timeout_records=1), 400),
            4: (get("/sobjects/Nothing"), 404),
            5: (get("/sobjects/Account/001900K0001pPuOAAU"), 400),
            6: (get("/sobjects/Account/Merchandise_Ext_ID__c/x"), 404),
        },
    ),
    **_errors(
        "docs_examples/bulk2_errors.json",
        {
            "GET deleted/unknown job": (get("/jobs/query/750SimAAAAAAAAA"), 404),
            "compound field in query": (asking.bulk_job("SELECT BillingAddress FROM Account"), 400),
            "daily V2 query job cap": (asking.one_job_too_many, 400),
            "abort of a finished job": (asking.aborted_too_late, 400),
        },
    ),
    # sources differ in the beginning of the message
    "docs_examples/bulk2_errors.json#object not bulk-enabled": Held(
        asking.bulk_job("SELECT Id FROM EntityDefinition"), CODES, 400
    ),
}
__all__ = ["ANSWERS", "CODES", "KINDS", "MORE", "SAME", "Held", "after"]

"""
Records of an org in which every reference leads somewhere and no two values of a column are one.

The first record of each object is the one that tests change; the values of the others are what its
columns become.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from salesforce_elt.models import Models
from salesforce_elt.settings.models import Members, Pipelines
from tests.conftest import RunningServer
from tests.warehouse.small_org import SmallOrg, new_org

DAY, MOMENT = "2026-03-0{}", "2026-03-0{} 10:00:00+00"


def _address(number: int) -> dict[str, str]:
    return {f"billing_{part}": f"{part} {number}"
            for part in ("street", "city", "state", "postal_code", "country")}


def _opportunity(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"006{number}", "name": f"Deal {number}", "type": f"Type {number}",
        "forecast_category_name": f"Forecast {number}", "amount": 100 * number,
        "probability": 10 * number, "close_date": DAY.format(number),
        "created_date": MOMENT.format(number), "currency_iso_code": ("USD", "EUR")[number - 1],
        "account_id": f"001{number}", "owner_id": f"005{number}",
        "record_type_id": f"012{number}", "stage_name": f"Stage {number}",
        "is_closed": number == 2, "is_won": number == 2, **more}


RECORDS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "Organization": [
        {"id": "00D1", "name": "Acme", "time_zone_sid_key": "UTC", "is_sandbox": False},
        {"id": "00D2", "name": "Other", "time_zone_sid_key": "Pacific/Honolulu",
         "is_sandbox": True, "_is_deleted": True}],
    "User": [
        {"id": "0051", "name": "Ann", "email": "ann@acme.com", "is_active": True},
        {"id": "0052", "name": "Ben", "email": "ben@acme.com", "is_active": False}],
    "UserRole": [
        {"id": "00E1", "name": "Boss", "parent_role_id": None},
        {"id": "00E2", "name": "Clerk", "parent_role_id": "00E1"}],
    "Group": [
        {"id": "00G1", "name": "Queue 1", "type": "Queue", "developer_name": "Q1",
         "email": "q1@acme.com"},
        {"id": "00G2", "name": "Queue 2", "type": "Regular", "developer_name": "Q2",
         "email": "q2@acme.com"}],
    "RecordType": [
        {"id": "0121", "name": "New", "developer_name": "N", "sobject_type": "Opportunity",
         "is_active": True, "business_process_id": "0191"},
        {"id": "0122", "name": "Old", "developer_name": "O", "sobject_type": "Case",
         "is_active": False, "business_process_id": "0192"}],
    "BusinessProcess": [
        {"id": "0191", "name": "New Business", "table_enum_or_id": "Opportunity",
         "is_active": True},
        {"id": "0192", "name": "Renewals", "table_enum_or_id": "Opportunity",
         "is_active": False},
        {"id": "0193", "name": "Support", "table_enum_or_id": "Case", "is_active": True}],
    "OpportunityStage": [
        {"id": "01J1", "api_name": "Stage 1", "master_label": "Label 1", "sort_order": 1,
         "forecast_category_name": "Open", "is_active": True, "is_closed": False,
         "is_won": False, "default_probability": 10},
        {"id": "01J2", "api_name": "Stage 2", "master_label": "Label 2", "sort_order": 2,
         "forecast_category_name": "Closed", "is_active": False, "is_closed": True,
         "is_won": True, "default_probability": 90},
        # Stage 3 is found by its label alone.
        {"id": "01J3", "api_name": "Third", "master_label": "Stage 3", "sort_order": 3,
         "forecast_category_name": "Open", "is_active": True, "is_closed": False,
         "is_won": False, "default_probability": 30}],
    "RecordTypeStage": [
        {"id": "1", "record_type_id": "0121", "stage_name": "Stage 1", "sort_order": 1},
        {"id": "2", "record_type_id": "0122", "stage_name": "Stage 2", "sort_order": 2}],
    "Account": [
        {"id": "0011", "name": "Acme", "type": "Customer", "industry": "Retail",
         "parent_id": "0012", "owner_id": "00G1", "created_date": MOMENT.format(1), **_address(1)},
        {"id": "0012", "name": "Mother", "type": "Partner", "industry": "Energy",
         "parent_id": "0013", "owner_id": "0052", "created_date": MOMENT.format(2), **_address(2)},
        # The first one's child: it changes with its parent.
        {"id": "0013", "name": "Child", "parent_id": "0011", "owner_id": "0051"}],
    "Contact": [
        {"id": "0031", "name": "Cleo Doe", "first_name": "Cleo", "last_name": "Doe",
         "email": "cleo@acme.com", "phone": "1", "title": "CEO", "account_id": "0011",
         "owner_id": "00G1", "created_date": MOMENT.format(1)},
        {"id": "0032", "name": "Dan Roe", "first_name": "Dan", "last_name": "Roe",
         "email": "dan@acme.com", "phone": "2", "title": "CFO", "account_id": "0012",
         "owner_id": "00G2", "created_date": MOMENT.format(2)},
        {"id": "0033", "account_id": "0011", "owner_id": "0051"}],
    "Opportunity": [
        _opportunity(1), _opportunity(2),
        _opportunity(1, id="0063", owner_id="00G1", stage_name="Stage 3"),
        _opportunity(1, id="0064", stage_name="Label 1")],
    "OpportunityContactRole": [
        {"id": "00K1", "opportunity_id": "0061", "contact_id": "0031", "role": "Buyer",
         "is_primary": True},
        {"id": "00K2", "opportunity_id": "0062", "contact_id": "0032", "role": "User",
         "is_primary": False}],
    "OpportunityHistory": [
        {"id": "0081", "opportunity_id": "0061", "stage_name": "Stage 1", "amount": 1,
         "close_date": DAY.format(1), "created_date": MOMENT.format(1), "probability": 10,
         "currency_iso_code": "USD"},
        {"id": "0082", "opportunity_id": "0062", "stage_name": "Stage 2", "amount": 2,
         "close_date": DAY.format(2), "created_date": MOMENT.format(2), "probability": 20,
         "currency_iso_code": "EUR"},
        {"id": "0083", "opportunity_id": "0064", "stage_name": "Label 1", "amount": 3,
         "close_date": DAY.format(1), "created_date": MOMENT.format(1)}],
    "Task": [
        {"id": "00T1", "who_id": "0031", "what_id": "0061", "account_id": "0011",
         "owner_id": "0051", "subject": "Call", "status": "Open", "task_subtype": "Call",
         "activity_date": DAY.format(1), "is_closed": False, "is_archived": False,
         "created_date": MOMENT.format(1)},
        {"id": "00T2", "who_id": "0032", "what_id": "0012", "account_id": "0012",
         "owner_id": "00G1", "subject": "Mail", "status": "Done", "task_subtype": "Email",
         "activity_date": DAY.format(2), "is_closed": True, "is_archived": True,
         "created_date": MOMENT.format(2)},
        {"id": "00T3", "what_id": "0061"}, {"id": "00T4", "what_id": "0011"},
        {"id": "00T5", "account_id": "0011"}, {"id": "00T6", "who_id": "0031"},
        {"id": "00T7", "what_id": "0012", "owner_id": "00G1"}],
    "Event": [
        {"id": "00U1", "who_id": "0031", "what_id": "0061", "account_id": "0011",
         "owner_id": "0051", "subject": "Lunch", "activity_date": DAY.format(1),
         "is_archived": False, "start_date_time": MOMENT.format(1),
         "end_date_time": MOMENT.format(1), "created_date": MOMENT.format(1)},
        {"id": "00U2", "who_id": "0032", "what_id": "0012", "account_id": "0012",
         "owner_id": "00G1", "subject": "Tea", "activity_date": DAY.format(2),
         "is_archived": True, "start_date_time": MOMENT.format(2),
         "end_date_time": MOMENT.format(2), "created_date": MOMENT.format(2)},
        {"id": "00U3", "what_id": "0061"}, {"id": "00U4", "what_id": "0011"},
        {"id": "00U5", "account_id": "0011"}, {"id": "00U6", "who_id": "0031"},
        {"id": "00U7", "what_id": "0012", "owner_id": "00G1"}],
    "CurrencyType": [
        {"id": "01L1", "iso_code": "USD", "conversion_rate": 1, "is_corporate": True,
         "is_active": True},
        {"id": "01L2", "iso_code": "EUR", "conversion_rate": 2, "is_corporate": False,
         "is_active": False}],
    "DatedConversionRate": [
        {"id": "04w1", "iso_code": "EUR", "conversion_rate": 3, "start_date": DAY.format(1)},
        {"id": "04w2", "iso_code": "USD", "conversion_rate": 4, "start_date": DAY.format(2)}],
}

DIRECTORY = "member_id,member_name,email\nm2,Ben,ben@acme.com\nm3,Second queue,q2@acme.com\n"


@contextmanager
def rich_org(server: RunningServer, models: Models, folder: Path) -> Iterator[SmallOrg]:
    """The org in a database of its own, published."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute("create database rich_org template with_sync_schema")
        url, options = server.url("rich_org"), "-c timezone=UTC -c jit=off"
        with psycopg.connect(url, options=options) as conn:
            org = new_org(conn, models)
            for sobject, rows in RECORDS.items():
                org.stage(sobject, *rows)
            file = folder / "members.csv"
            file.write_text(DIRECTORY, "utf-8")
            org.sync(members=Members(directory=file), opportunity_types=("Type 1",),
                     pipelines=Pipelines(mode="split", sales_processes=("New Business",),
                                         without_record_type="exclude"))
            yield org
        admin.execute("drop database rich_org with (force)")

"""Reads accounts by the hook of Airflow's Salesforce provider and prints what it got."""

import json

from airflow.providers.salesforce.hooks.salesforce import SalesforceHook

hook = SalesforceHook()
found = hook.make_query("SELECT Id, Name FROM Account")
frame = hook.object_to_df(found["records"])
print(
    json.dumps(
        {
            "total": found["totalSize"],
            "read": len(frame),
            "columns": list(frame.columns),
            "has_name": "Name" in hook.get_available_fields("Account"),
            "connection": hook.test_connection(),
        }
    )
)

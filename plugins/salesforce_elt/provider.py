"""What Airflow learns of this package through its entry point: a connection type with its form.

Airflow reads this in every process, so nothing but the list of fields is imported. The schema is
Airflow's provider_info.schema.json; `conn-fields` and `ui-field-behaviour` are read from 3.2 on.
"""

from typing import Any

from salesforce_elt.connection_fields import CONNECTION_TYPE, EXTRAS, TYPE_NAME, Extra

PACKAGE = "salesforce-elt"
HOOK = "salesforce_elt.hooks.salesforce.SalesforceEltHook"
HOST_PLACEHOLDER = "https://acme.my.salesforce.com"


def get_provider_info() -> dict[str, Any]:
    """The provider's description: one connection type."""
    return {
        "package-name": PACKAGE,
        "name": TYPE_NAME,
        "description": "Keeps a PostgreSQL warehouse in step with Salesforce orgs.",
        "connection-types": [
            {
                "connection-type": CONNECTION_TYPE,
                "hook-class-name": HOOK,
                "hook-name": TYPE_NAME,
                "conn-fields": {extra.name: _field(extra) for extra in EXTRAS if extra.is_in_form},
                "ui-field-behaviour": {
                    "hidden-fields": ["schema"],
                    "relabeling": {"host": "Host", "login": "Username"},
                    "placeholders": {
                        "host": HOST_PLACEHOLDER,
                        "login": "integration@acme.com",
                    },
                },
            }
        ],
    }


def _field(extra: Extra) -> dict[str, Any]:
    secret = {"format": "password"} if extra.is_secret else {}
    return {
        "label": extra.label,
        "description": extra.meaning,
        "schema": {"type": ["string", "null"], **secret},
    }

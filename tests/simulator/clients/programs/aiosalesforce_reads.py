"""Logs in three ways with aiosalesforce, reads, describes and changes; prints what it got."""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
from aiosalesforce import ClientCredentialsFlow, JwtBearerFlow, Salesforce, SoapLogin

KEYS = json.loads(os.environ["ORG_KEYS"])
URL = "https://acme.my.salesforce.com"


async def total(rows: AsyncIterator[object]) -> int:
    """How many there are."""
    return len([row async for row in rows])


async def main(key_file: str) -> None:
    """Every login reads all accounts; the last one does the rest."""
    logins = {
        "SOAP": SoapLogin(KEYS["username"], KEYS["password"], KEYS["security_token"]),
        "JWT": JwtBearerFlow(KEYS["consumer_key"], KEYS["username"], key_file),
        "client credentials": ClientCredentialsFlow(KEYS["consumer_key"], KEYS["consumer_secret"]),
    }
    read = {}
    async with httpx.AsyncClient() as http:
        for name, login in logins.items():
            salesforce = Salesforce(http, URL, login)
            read[name] = await total(salesforce.query("SELECT Id, Name FROM Account"))
        limits = await salesforce.get_limits()
        lead = await salesforce.sobject.create("Lead", {"LastName": "Ng", "Company": "人民"})
        shown = await salesforce.sobject.get("Lead", lead)
        rows = [{"LastName": f"Bulk {number}", "Company": "Straße"} for number in range(3)]
        written = await salesforce.bulk_v2.insert("Lead", [*rows, {"LastName": "No company"}])
        since = sys.argv[1]
        changed = salesforce.query(f"SELECT Id FROM Lead WHERE SystemModstamp >= {since}")
        answer = {
            "read": read,
            "requests": limits["DailyApiRequests"]["Max"],
            "company": shown["Company"],
            "written": len(written.successful_results),
            "refused": [row["LastName"] for row in written.failed_results],
            "changed": await total(changed),
        }
    print(json.dumps(answer))


with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "key.pem"
    path.write_text(KEYS["private_key"])
    asyncio.run(main(str(path)))

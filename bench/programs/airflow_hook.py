"""Reads a query by Airflow's own Salesforce hook and writes it by pandas, as its users do."""

import os

from airflow.providers.salesforce.hooks.salesforce import SalesforceHook
from sqlalchemy import create_engine

hook = SalesforceHook()
found = hook.make_query(os.environ["QUERY"])
frame = hook.object_to_df(found["records"])
frame.to_sql("opportunity", create_engine(os.environ["TARGET"]), index=False)

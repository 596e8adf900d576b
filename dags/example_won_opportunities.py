"""
### Example: won opportunities

Starts whenever a sync changed `marts.opportunities` of any org, and prints what was won within the
last day. It is here to be copied: the event says which org and run it was, in one line what
changed, and how many rows were inserted, updated and deleted.

It is paused at first; *Trigger* needs an event, so unpause it and let a sync change something.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import chain
from typing import Any

from airflow.sdk import AssetAny, dag, task

from salesforce_elt.wiring import mart_assets, settings

OPPORTUNITIES = [mart_assets(org)["opportunities"] for org in settings().orgs]


@dag(
    dag_id="example_won_opportunities",
    description="Prints the opportunities that the last sync's changes won",
    schedule=AssetAny(*OPPORTUNITIES),
    is_paused_upon_creation=True,
    default_args={"owner": "salesforce-elt"},
    doc_md=__doc__,
    tags=["salesforce", "elt", "example"],
)
def example_won_opportunities() -> None:
    """One task, for each event that the run was started by."""

    @task
    def print_won(triggering_asset_events: Mapping[Any, Sequence[Any]]) -> int:
        """Says what the sync changed, and what entered a stage that is won within the last day."""
        from salesforce_elt.frames import read_mart

        count = 0
        for event in chain.from_iterable(triggering_asset_events.values()):
            stays = read_mart("opportunity_stage_history", org=event.extra["org"])
            is_new = stays["entered_at"] >= event.timestamp - timedelta(days=1)
            won = stays[(stays["status"] == "won") & stays["left_at"].isna() & is_new]
            print(event.extra["result"])
            print(won[["opportunity_id", "entered_at", "amount"]].to_string(index=False))
            count += len(won)
        return count

    print_won()


example_won_opportunities()

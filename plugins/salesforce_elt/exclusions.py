"""What a publish leaves out of the opportunities, counted by reason for the sync results."""

import psycopg

from salesforce_elt.run import Run

OPPORTUNITIES = "opportunities"


def note_exclusions(conn: psycopg.Connection, run: Run) -> None:
    """Counts the org's exclusions as they are now, in the publish's own transaction."""
    conn.execute("delete from sync.run_exclusions where run_id = %s", [run.run_id])
    conn.execute(
        "insert into sync.run_exclusions (run_id, org, reason, opportunity_count)"
        " select %s, org, reason, count(*) from marts.opportunity_exclusions"
        " where org = %s group by org, reason",
        [run.run_id, run.org],
    )
    conn.execute(
        "update sync.run_marts set excluded_count = ("
        " select count(distinct opportunity_id) from marts.opportunity_exclusions"
        " where org = %s) where run_id = %s and mart = %s",
        [run.org, run.run_id, OPPORTUNITIES],
    )

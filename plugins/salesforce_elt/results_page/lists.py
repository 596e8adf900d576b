"""Lists that may be long: who was left out of the opportunities, what is set aside by checks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psycopg

from salesforce_elt import history
from salesforce_elt.history import Listed
from salesforce_elt.results_page.tables import Column, Table


@dataclass(frozen=True)
class LongList:
    """A list of an org, as of its last publish: where it comes from, and how it is shown."""

    path: str
    title: str
    columns: Sequence[Column]
    words: str  # when it is empty
    key: Sequence[str]  # by which it is sorted
    choice: str  # of what a person may choose one
    query: str
    read: Callable[[psycopg.Connection, str, str | None, Sequence[str]], Listed]
    choices: Callable[[psycopg.Connection, str], list[str]]

    def table(self, found: Listed) -> Table:
        """A part of it."""
        return Table(self.title, self.path, self.columns, found.rows, words=self.words)

    def command(self, org: str) -> str:
        """What prints all of it."""
        return f"make sql FORMAT=csv Q=\"{self.query} where org = '{org}'\""


_EXCLUSIONS = LongList(
    path="exclusions",
    title="Opportunities left out",
    columns=(
        Column("opportunity_id", "opportunity"),
        Column("opportunity_name", "name"),
        Column("reason", "reason"),
        Column("value", "its value"),
        Column("setting", "the setting"),
    ),
    words="No opportunity is left out.",
    key=("opportunity_id", "reason"),
    choice="Reason",
    query="select * from marts.opportunity_exclusions",
    read=history.excluded,
    choices=history.excluded_reasons,
)
_SET_ASIDE = LongList(
    path="set-aside",
    title="Records set aside",
    columns=(
        Column("mart", "mart"),
        Column("key", "record"),
        Column("reason", "check"),
        Column("run_id", "by the sync"),
        Column("since", "since (UTC)"),
    ),
    words="No record is set aside.",
    key=("mart", "key", "reason"),
    choice="Mart",
    query="select * from sync.quarantine",
    read=history.set_aside,
    choices=history.marts_set_aside,
)
LISTS = {one.path: one for one in (_EXCLUSIONS, _SET_ASIDE)}

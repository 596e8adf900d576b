"""What the page says where there is nothing to show: what is the matter, and what to do."""

from dataclasses import dataclass
from http import HTTPStatus


@dataclass(frozen=True)
class Words:
    """A heading and paragraphs."""

    title: str
    paragraphs: tuple[str, ...]


BROKEN_SETTINGS = "broken_settings"
NO_WAREHOUSE = "no_warehouse"
NO_RIGHT = "no_right"
NOT_THERE = "not_there"
OUTDATED = "outdated"
UNREACHABLE = "unreachable"

BY_REASON = {
    UNREACHABLE: Words(
        "The warehouse does not answer",
        (
            "The sync results are kept in the warehouse, and it did not answer in time. Syncs "
            "that are under way wait for it and go on by themselves.",
            "Try again in a moment. If it stays like this, look whether the PostgreSQL server at "
            "ELT_WAREHOUSE_URL is up and reached from the machine of Airflow's API server. The "
            "API server's log has the details.",
        ),
    ),
    NO_WAREHOUSE: Words(
        "There is no warehouse yet",
        (
            "ELT_WAREHOUSE_URL is empty or cannot be read, and the embedded PostgreSQL was never "
            "started here.",
            "Start it with make up or make run, or set ELT_WAREHOUSE_URL, in the environment of "
            "Airflow's API server too. The API server's log has the details.",
        ),
    ),
    OUTDATED: Words(
        "The results are from an older version",
        (
            "The tables that hold the sync results lack something that this version shows.",
            "The next sync brings them up to date; the page works from then on.",
        ),
    ),
    NO_RIGHT: Words(
        "The results may not be read",
        (
            "The PostgreSQL user of ELT_WAREHOUSE_URL lacks the right to read the schema sync.",
            "Use the user that the syncs use, or grant it the role of the analysts "
            "(ELT_ANALYST_ROLE).",
        ),
    ),
    BROKEN_SETTINGS: Words(
        "The settings cannot be read",
        (
            "They decide which DAG an org belongs to, and with it who may see its results, so "
            "nothing is shown until they are right.",
            "Airflow's import errors on its home page, and the API server's log, list what is "
            "wrong with each line.",
        ),
    ),
    NOT_THERE: Words(
        "There is nothing here",
        (
            "There is no such org or sync, or you may not read its DAG in Airflow. Results of "
            "single syncs are removed with time.",
        ),
    ),
}
BY_STATUS = {
    HTTPStatus.UNAUTHORIZED: Words(
        "Log in to see the sync results",
        ("The page shows what Airflow's users may see. Your session may have ended.",),
    ),
    HTTPStatus.FORBIDDEN: Words(
        "You may not see this", ("Airflow does not let your user read this page.",)
    ),
    HTTPStatus.NOT_FOUND: BY_REASON[NOT_THERE],
}
OTHERWISE = Words("That did not work", ("Go back to the overview and try from there.",))


def words_of(status: int, reason: object) -> Words:
    """What to say of an error; its own text is not repeated, which may be anybody's."""
    known = BY_REASON.get(str(reason))
    return known or {int(one): words for one, words in BY_STATUS.items()}.get(status, OTHERWISE)

"""One session for all tasks: who logs in, who waits, and who can read it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import psycopg
import pytest

from salesforce_elt.errors import ConnectionInvalid
from salesforce_elt.salesforce.login import Token
from salesforce_elt.sessions import SharedSession
from salesforce_elt.warehouse.connection import connect

SECRET = "consumer key and secret"


@dataclass
class Org:
    """Gives out tokens and counts them."""

    logins: list[Token | None] = field(default_factory=list)
    is_closed: bool = False
    is_asked: threading.Event = field(default_factory=threading.Event)
    may_answer: threading.Event = field(default_factory=threading.Event)

    def log_in(self, before: Token | None) -> Token:
        if self.is_closed:
            raise ConnectionInvalid("The org refuses the login.")
        self.logins.append(before)
        self.is_asked.set()
        assert self.may_answer.wait(timeout=60)
        number = len(self.logins)
        return Token(f"token {number}", "https://acme.my.salesforce.com", "62.0")


@pytest.fixture
def org() -> Org:
    org = Org()
    org.may_answer.set()
    return org


@pytest.fixture
def task(org: Org, warehouse: str) -> Callable[[], SharedSession]:
    """A task of its own: it knows nothing of the others but the warehouse."""
    return lambda: SharedSession(lambda: connect(warehouse), "salesforce_acme", SECRET,
                                 org.log_in)


def test_all_tasks_share_one_login(task: Callable[[], SharedSession], org: Org) -> None:
    assert {task()().access_token for _ in range(5)} == {"token 1"}
    assert len(org.logins) == 1


def test_tasks_that_begin_at_once_log_in_once(
    task: Callable[[], SharedSession], org: Org
) -> None:
    org.may_answer.clear()
    with ThreadPoolExecutor(4) as pool:
        tokens = [pool.submit(task()) for _ in range(4)]
        assert org.is_asked.wait(timeout=60)
        org.may_answer.set()
        assert {one.result().access_token for one in tokens} == {"token 1"}
    assert len(org.logins) == 1


def test_a_refused_session_is_renewed_once_for_all_who_had_it(
    task: Callable[[], SharedSession], org: Org
) -> None:
    tasks = [task() for _ in range(4)]
    refused = tasks[0]()
    with ThreadPoolExecutor(4) as pool:
        renewed = list(pool.map(lambda one: one(refused), tasks))
    assert {one.access_token for one in renewed} == {"token 2"}
    assert org.logins == [None, refused]


def test_a_login_that_is_refused_leaves_no_session_and_no_lock(
    task: Callable[[], SharedSession], org: Org
) -> None:
    org.is_closed = True
    with pytest.raises(ConnectionInvalid):
        task()()
    org.is_closed = False
    assert task()().access_token == "token 1"


def test_a_login_is_given_the_session_before_it_whose_refresh_token_may_be_newer(
    task: Callable[[], SharedSession], org: Org
) -> None:
    first = task()()
    task()(first)
    assert org.logins[1] == first


def test_a_connection_with_other_secrets_does_not_use_the_session_of_the_old_ones(
    task: Callable[[], SharedSession], org: Org
) -> None:
    task()()
    changed = replace(task(), secret="another consumer secret")
    assert changed().access_token == "token 2"
    assert org.logins == [None, None]


def test_a_check_logs_in_anew_and_everyone_shares_what_it_got(
    task: Callable[[], SharedSession], org: Org
) -> None:
    task()()
    assert task().anew().access_token == "token 2"
    assert task()().access_token == "token 2"
    assert len(org.logins) == 2


def test_other_connections_have_sessions_of_their_own(
    task: Callable[[], SharedSession], org: Org
) -> None:
    task()()
    assert replace(task(), connection="salesforce_other")().access_token == "token 2"


def test_the_warehouse_holds_no_token_in_the_clear(
    task: Callable[[], SharedSession], warehouse: str
) -> None:
    token = task()()
    with psycopg.connect(warehouse) as conn:
        ((row,),) = conn.execute("select row_to_json(s)::text from sync.sessions as s").fetchall()
        ((sealed,),) = conn.execute("select sealed from sync.sessions").fetchall()
    for secret in (token.access_token, token.instance_url, SECRET):
        assert secret not in row
        assert secret.encode() not in sealed


def test_a_session_that_was_tampered_with_is_not_used(
    task: Callable[[], SharedSession], warehouse: str, org: Org
) -> None:
    task()()
    with psycopg.connect(warehouse) as conn:
        conn.execute("update sync.sessions set sealed = set_byte(sealed, 40, 1)")
    task()()
    assert len(org.logins) == 2


def test_secrets_are_not_shown_where_a_session_is_printed(
    task: Callable[[], SharedSession]
) -> None:
    assert SECRET not in repr(task())

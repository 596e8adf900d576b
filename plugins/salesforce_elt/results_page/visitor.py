"""Who asks, and which orgs they may see."""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Annotated, Any

import psycopg
from fastapi import Depends, HTTPException, Request

from salesforce_elt.environment import Environment, warehouse_url
from salesforce_elt.errors import SettingsInvalid, WarehouseUnavailable
from salesforce_elt.history import PastSync
from salesforce_elt.results_page.host import Host, NextRun
from salesforce_elt.results_page.orgs import Org, dag_of, in_short, visible
from salesforce_elt.results_page.warehouse import reading
from salesforce_elt.results_page.words import (
    BROKEN_SETTINGS,
    NO_RIGHT,
    NO_WAREHOUSE,
    NOT_THERE,
    OUTDATED,
    UNREACHABLE,
)
from salesforce_elt.settings import Settings, load_settings

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Visitor:
    """A person who is logged in to Airflow, for the time of a request."""

    host: Host
    user: Any

    @cached_property
    def settings(self) -> Settings:
        """The settings as they are now; they decide which DAG an org belongs to."""
        try:
            return load_settings(Environment.read(os.environ).settings)
        except SettingsInvalid as error:
            log.warning("The sync results page cannot read the settings: %s", error)
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, BROKEN_SETTINGS) from error

    def visible(self, keys: Sequence[str]) -> list[str]:
        """Of some orgs, those that this person may see."""
        return visible(keys, self.settings, may_read=self._may_read)

    def require(self, org: str) -> None:
        """Answers as if there were no such org, when this person may not see it."""
        if not self.visible([org]):
            raise not_there()

    def orgs(self, newest: Sequence[PastSync]) -> list[Org]:
        """The orgs of the settings and those that were ever synced, as far as they are visible."""
        synced = {one.org: one for one in newest}
        keys = self.visible(list(dict.fromkeys([*self.settings.orgs, *synced])))
        coming = self._next_runs(keys)
        return [
            in_short(key, self.settings, newest=synced.get(key), next_runs=coming) for key in keys
        ]

    def org(self, key: str, newest: PastSync) -> Org:
        """One org in short."""
        return in_short(key, self.settings, newest=newest, next_runs=self._next_runs([key]))

    def frequency(self, org: str) -> str | None:
        """How often the settings have an org synced; None when they do not have it."""
        found = self.settings.orgs.get(org)
        return found.frequency.value if found else None

    @contextmanager
    def warehouse(self) -> Iterator[psycopg.Connection]:
        """The results; what keeps them from being read is answered in words."""
        try:
            with reading(self._warehouse_url()) as conn:
                yield conn
        except WarehouseUnavailable as error:
            log.warning("The sync results page cannot read the warehouse: %s", error)
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, UNREACHABLE) from error
        except (psycopg.errors.UndefinedColumn, psycopg.errors.UndefinedTable) as error:
            log.warning("The tables of sync are older than the sync results page: %s", error)
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, OUTDATED) from error
        except psycopg.errors.InsufficientPrivilege as error:
            log.warning("The sync results page may not read the tables of sync: %s", error)
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, NO_RIGHT) from error

    def _next_runs(self, keys: Sequence[str]) -> Mapping[str, NextRun]:
        dags = {dag for key in keys if (dag := dag_of(key, self.settings))}
        return self.host.next_runs(dags)

    def _warehouse_url(self) -> str:
        try:
            return warehouse_url(Environment.read(os.environ))
        except SettingsInvalid as error:
            log.warning("%s", error)
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, NO_WAREHOUSE) from error

    def _may_read(self, dag_id: str | None) -> bool:
        return self.host.may_read(self.user, dag_id)


def not_there() -> HTTPException:
    """The answer for what does not exist, and for what its asker may not know of."""
    return HTTPException(HTTPStatus.NOT_FOUND, NOT_THERE)


def _admitted(request: Request) -> Visitor:
    visitor: Visitor = request.state.visitor
    return visitor


Admitted = Annotated[Visitor, Depends(_admitted)]

"""An edited model needs no ceremony: the next sync alters the mart and computes it anew."""

import shutil
from pathlib import Path

import pytest

from salesforce_elt.models import load_models
from salesforce_elt.publish import UNCHANGED
from tests.warehouse.small_org import PROJECT, SmallOrg

ACCOUNT = {"id": "0011", "name": "Acme", "industry": "Retail"}


@pytest.fixture
def edited(org_18: SmallOrg, tmp_path: Path) -> SmallOrg:
    """An org that is synced with models that the test may edit."""
    shutil.copytree(PROJECT / "include/sql", tmp_path / "sql")
    org_18.stage("Account", ACCOUNT)
    org_18.sync()
    return org_18


def edit(org: SmallOrg, folder: Path, file: str, *, old: str, new: str) -> None:
    """Edits a model and loads the models again."""
    path = folder / "sql" / file
    assert old in path.read_text("utf-8")
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    org.models = load_models(folder)


def test_a_new_column_is_filled(edited: SmallOrg, tmp_path: Path) -> None:
    edit(edited, tmp_path, "marts/companies.sql",
         old="    account.industry,\n", new="    account.industry,\n    account.name as label,\n")
    counts = edited.sync()
    assert edited.mart("companies")[0]["label"] == "Acme"
    assert counts["companies"].reason == "model changed"
    assert counts["contacts"].reason == UNCHANGED


def test_a_removed_column_goes(edited: SmallOrg, tmp_path: Path) -> None:
    edit(edited, tmp_path, "marts/companies.sql", old="    account.industry,\n", new="")
    edited.sync()
    assert "industry" not in edited.mart("companies")[0]


def test_a_column_of_another_type_is_computed_anew(edited: SmallOrg, tmp_path: Path) -> None:
    edit(edited, tmp_path, "marts/companies.sql",
         old="    account.industry,\n", new="    length(account.industry) as industry,\n")
    edited.sync()
    assert edited.mart("companies")[0]["industry"] == 6


def test_another_key_makes_the_mart_anew(edited: SmallOrg, tmp_path: Path) -> None:
    edit(edited, tmp_path, "marts/companies.sql",
         old="-- key: company_id\n", new="-- key: company_id, company_name\n")
    assert edited.sync()["companies"].inserted == 1


def test_an_edited_intermediate_recomputes_the_marts_that_inline_it(
    edited: SmallOrg, tmp_path: Path
) -> None:
    edit(edited, tmp_path, "intermediate/stage_statuses.sql", old="'lost'", new="'missed'")
    counts = edited.sync()
    changed = {mart for mart, one in counts.items() if one.reason == "model changed"}
    assert changed == {"opportunities", "opportunity_stage_history", "opportunity_states",
                       "pipeline_stages"}


def test_an_edited_comment_recomputes_nothing(edited: SmallOrg, tmp_path: Path) -> None:
    edit(edited, tmp_path, "marts/companies.sql",
         old="left join owner_members", new="-- A word.\nleft join owner_members")
    assert {one.reason for one in edited.sync().values()} == {UNCHANGED}


def test_a_mart_that_is_gone_is_made_again(edited: SmallOrg) -> None:
    edited.conn.execute("drop table marts.companies")
    edited.conn.commit()
    assert edited.sync()["companies"].inserted == 1


def test_other_orgs_fill_a_new_column_with_their_next_sync(
    edited: SmallOrg, other_org: SmallOrg, tmp_path: Path
) -> None:
    other_org.stage("Account", {**ACCOUNT, "name": "Other"})
    other_org.sync()
    edit(edited, tmp_path, "marts/companies.sql",
         old="    account.industry,\n", new="    account.industry,\n    account.name as label,\n")
    edited.sync()
    waiting = other_org.mart("companies")[0]["label"]
    other_org.models = edited.models
    other_org.sync()
    assert (waiting, other_org.mart("companies")[0]["label"]) == (None, "Other")

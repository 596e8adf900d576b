"""Model files: what their headers say, what is refused, and the rules that every model keeps."""

import re
from pathlib import Path

import pytest

from salesforce_elt.checks import load_checks
from salesforce_elt.errors import StopError
from salesforce_elt.models import Model, compiled, load_models
from salesforce_elt.settings_tables import TABLES

PROJECT = Path(__file__).resolve().parents[2]
MODELS = load_models(PROJECT / "include")
FILES = sorted(file for folder in ("intermediate", "marts")
               for file in (PROJECT / "include/sql" / folder).glob("*.sql"))

EVERY_MART = pytest.mark.parametrize("model", MODELS.marts.values(), ids=list(MODELS.marts))
EVERY_FILE = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)

HEADER = """\
-- One row per account.
-- key: account_id
-- recomputed by: account_id
-- affected by: """
SELECT = "with account as (\n    select * from staging.account\n)\n\nselect id from account\n"


def written(
    root: Path, select: str = SELECT, affected: str = "account (id)", **files: str
) -> Path:
    """A folder `include` with the mart `accounts` and these intermediate models."""
    for folder in ("sql/marts", "sql/intermediate"):
        (root / folder).mkdir(parents=True)
    (root / "sql/marts/accounts.sql").write_text(f"{HEADER}{affected}\n{select}", "utf-8")
    for name, text in files.items():
        (root / f"sql/intermediate/{name}.sql").write_text(text, "utf-8")
    return root


def accounts(root: Path) -> Model:
    """The mart that `written` wrote."""
    return load_models(root).marts["accounts"]


def with_mart(root: Path, name: str, asked: str) -> Path:
    """The folder with one more mart, which asks another one."""
    text = f"{HEADER}{asked} (account_id)\nselect * from upcoming.{asked}\n"
    (root / f"sql/marts/{name}.sql").write_text(text, "utf-8")
    return root


@pytest.mark.parametrize(("affected", "complaint"), [
    ("user (all)", "the select reads account, and 'affected by' does not say"),
    ("account (id) · user (account.owner_id)", "names user, which the select does not read"),
    ("account (id) · account (task.account_id)", "names task, which the select does not read"),
])
def test_a_header_that_misses_a_table_of_the_select_or_has_another_is_refused(
    tmp_path: Path, affected: str, complaint: str
) -> None:
    with pytest.raises(StopError, match=re.escape(complaint)):
        accounts(written(tmp_path, affected=affected))


def test_a_mart_comes_after_those_that_it_asks(tmp_path: Path) -> None:
    root = with_mart(with_mart(written(tmp_path), "a_first", "b_then"), "b_then", "accounts")
    assert list(load_models(root).marts) == ["accounts", "b_then", "a_first"]


def test_marts_that_ask_each_other_in_a_circle_are_refused(tmp_path: Path) -> None:
    root = with_mart(with_mart(written(tmp_path), "one", "two"), "two", "one")
    with pytest.raises(StopError, match=r"marts ask each other in a circle: (one|two) -> "):
        load_models(root)


def test_a_mart_that_asks_one_that_is_not_there_is_refused(tmp_path: Path) -> None:
    root = with_mart(written(tmp_path), "one", "nothing")
    with pytest.raises(StopError, match=r"asks upcoming\.nothing, and there is no such mart"):
        load_models(root)


def test_what_a_mart_asks_is_what_the_other_will_be(tmp_path: Path) -> None:
    model = load_models(with_mart(written(tmp_path), "one", "accounts")).marts["one"]
    assert compiled(model, "acme", upcoming={"accounts": "(its rows)"}) == (
        "select * from (its rows) as accounts\n")


def test_restricted_tables_are_read_from_what_the_caller_declares(tmp_path: Path) -> None:
    model = accounts(written(tmp_path))
    found = compiled(model, "acme", upcoming={}, restricted=["account"])
    assert 'select * from "scope_account"' in found


def test_intermediate_models_are_inlined_with_what_they_import(tmp_path: Path) -> None:
    model = accounts(written(
        tmp_path, "select * from intermediate.outer_one\n", "user (id)",
        outer_one="-- One row.\nselect * from intermediate.inner_one\n",
        inner_one="-- One row.\nselect * from staging.user\n"))
    assert model.staging_tables == {"user"}
    assert " ".join(compiled(model, "acme", upcoming={}).split()) == (
        'select * from ( select * from ( select * from "staging_acme"."user" ) as inner_one )'
        " as outer_one")


def test_an_unknown_import_is_refused_with_what_there_is(tmp_path: Path) -> None:
    root = written(tmp_path, "select * from intermediate.nothing\n", known="select 1\n")
    with pytest.raises(StopError, match=r"accounts imports intermediate\.nothing.*are: known"):
        load_models(root)


def test_models_that_import_each_other_in_a_circle_are_refused(tmp_path: Path) -> None:
    root = written(tmp_path, "select * from intermediate.one\n",
                   one="select * from intermediate.two\n", two="select * from intermediate.one\n")
    with pytest.raises(StopError, match="circle: accounts -> one -> two -> one"):
        load_models(root)


def test_a_fingerprint_follows_what_is_inlined_and_not_the_comments(tmp_path: Path) -> None:
    select = "select * from staging.account cross join lateral (select * from intermediate.one)\n"
    before = accounts(written(tmp_path / "a", select, one="select 1 as x\n"))
    after = accounts(written(tmp_path / "b", select, one="select 2 as x\n"))
    commented = accounts(written(tmp_path / "c", select, one="-- One.\nselect 1 as x\n"))
    assert before.fingerprint == commented.fingerprint != after.fingerprint


def test_the_marts_of_the_sales_pipeline_are_there() -> None:
    assert sorted(MODELS.marts) == [
        "activities", "companies", "contacts", "members", "opportunities",
        "opportunity_exclusions", "opportunity_stage_history", "opportunity_states",
        "pipeline_stages", "pipelines"]


@EVERY_MART
def test_settings_affect_every_row(model: Model) -> None:
    paths = {one.path for one in model.header.affected_by if one.table in TABLES}
    assert paths <= {"all"}


@EVERY_MART
def test_every_mart_is_recomputed_by_a_part_of_its_key(model: Model) -> None:
    assert model.header.recomputed_by in model.key


@EVERY_MART
def test_every_mart_has_critical_checks_that_its_key_is_present_and_occurs_once(
    model: Model,
) -> None:
    names = {check.name for check in load_checks(MODELS.root, model.name)
             if check.severity == "critical"}
    assert any(name.endswith("_once") for name in names)
    assert any(name.endswith("_is_present") for name in names)


@EVERY_MART
def test_every_mart_has_a_row_in_the_readme(model: Model) -> None:
    readme = (PROJECT / "README.md").read_text("utf-8")
    assert re.search(rf"^\| `{model.name}` \| \S", readme, re.MULTILINE)


@EVERY_FILE
def test_models_import_staging_and_intermediate_models_only(file: Path) -> None:
    imports = re.findall(r"\b(?:from|join) (\w+)\.", file.read_text("utf-8"))
    assert set(imports) <= {"staging", "intermediate", "upcoming"}


@EVERY_FILE
def test_every_import_of_an_object_leaves_deleted_rows_out(file: Path) -> None:
    imports = re.findall(r'from staging\."?(\w+)"?\n( +where not _is_deleted)?',
                         file.read_text("utf-8"))
    assert {table for table, where in imports if not where} <= set(TABLES)


@EVERY_FILE
def test_models_do_not_look_at_the_clock(file: Path) -> None:
    assert not re.search(r"current_|now\(|clock_|today", file.read_text("utf-8"))


@EVERY_FILE
def test_models_fit_on_a_screen(file: Path) -> None:
    assert len(file.read_text("utf-8").splitlines()) <= 80


def test_every_intermediate_model_is_used() -> None:
    used = {name for file in FILES
            for name in re.findall(r"from intermediate\.(\w+)", file.read_text("utf-8"))}
    assert used == {file.stem for file in FILES if file.parent.name == "intermediate"}

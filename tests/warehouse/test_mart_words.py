"""The words of `include/sql/marts.yaml` are the comments in the database."""

from pathlib import Path

import pytest

from salesforce_elt.errors import StopError
from salesforce_elt.mart_words import load_words
from salesforce_elt.models import load_models
from tests.warehouse.small_org import SmallOrg
from tests.warehouse.test_model_changes import edit, edited

__all__ = ["edited"]  # a fixture

COMMENTS = """
select c.relname as name, a.attname as column, col_description(c.oid, a.attnum) as comment
from pg_class as c inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0
where c.relnamespace = 'marts'::regnamespace and c.relkind in ('r', 'v') and not attisdropped
"""
ABOUT = """
select relname as name, obj_description(oid, 'pg_class') as comment from pg_class
where relnamespace = 'marts'::regnamespace and relkind in ('r', 'v')
union all
select proname, obj_description(oid, 'pg_proc') from pg_proc
where pronamespace = 'marts'::regnamespace
"""


def test_every_mart_view_and_column_has_its_words_as_comment(org: SmallOrg) -> None:
    org.sync()
    words = load_words(org.models)
    about = {row["name"]: row["comment"] for row in org.rows(ABOUT)}
    assert about == {name: one.comment for name, one in words.items()}
    columns = {(row["name"], row["column"]): row["comment"] for row in org.rows(COMMENTS)}
    functions = {"pipeline_daily"}
    assert columns == {(name, column): text for name, one in words.items()
                       for column, text in one.columns.items() if name not in functions}


def test_the_columns_of_the_daily_pipeline_have_words(org_18: SmallOrg) -> None:
    org_18.sync()
    rows = org_18.conn.execute("select * from marts.pipeline_daily('2024-01-01', '2024-01-02')")
    returned = [one.name for one in rows.description or ()]
    assert returned == list(load_words(org_18.models)["pipeline_daily"].columns)


def test_edited_words_are_there_after_the_next_sync(edited: SmallOrg, tmp_path: Path) -> None:
    edit(edited, tmp_path, "marts.yaml", old="Its industry.", new="It's what they do.")
    edited.sync()
    comments = {(row["name"], row["column"]): row["comment"] for row in edited.rows(COMMENTS)}
    assert comments["companies", "industry"] == "It's what they do."


@pytest.mark.parametrize(("old", "new", "complaint"), [
    ("companies:\n", "firms:\n", "describes firms, which is neither a mart nor a view"),
    ("companies:\n", "companies: []\nfirms:\n", "companies must have 'columns' with a text"),
    ("Its industry.", "[1]", "companies must have 'columns' with a text"),
    ("companies:\n", "companies: {\n", "is not YAML"),
])
def test_words_that_cannot_be_are_refused(
    edited: SmallOrg, tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    path = tmp_path / "sql/marts.yaml"
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(StopError, match=complaint):
        load_words(load_models(tmp_path))


def test_a_file_of_words_that_is_no_mapping_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sql/marts").mkdir(parents=True)
    (tmp_path / "sql/marts.yaml").write_text("- companies\n")
    with pytest.raises(StopError, match="line 1: it must be a mapping"):
        load_words(load_models(tmp_path))

"""What marts may still show of a hidden field is said until a publish succeeds."""

import pytest

from salesforce_elt.hashing import Salt
from salesforce_elt.hidden_in_marts import note_still_shown
from salesforce_elt.hiding import hide_fields
from salesforce_elt.run import Run, RunRequest
from salesforce_elt.settings import ObjectSettings
from tests.warehouse.small_org import SmallOrg

SALT = Salt.of("a salt of the tests, long enough to be one")
EXCLUDED = ObjectSettings(exclude_fields=("Email",))
HASHED = ObjectSettings(hash_fields=("Email",))


def hide(org: SmallOrg, chosen: ObjectSettings) -> Run:
    """A run whose settings hide an address of a contact that the marts show."""
    run = org.start_run()
    settings = org.settings.model_copy(update={"objects": {"Contact": chosen}})
    org.conn.commit()
    hide_fields(org.conn, run, settings=settings, read_salt=lambda: SALT)
    org.conn.commit()
    return run


def findings(org: SmallOrg, run: Run, *, has_models: bool = True) -> list[str]:
    """What the run's report says of it, asked twice as by a retried task."""
    for _ in range(2):
        note_still_shown(org.conn, RunRequest(run.org, run.run_id, run.kind),
                         models=org.models if has_models else None)
    return [one["message"] for one in org.rows(
        "select message from sync.findings where code = 'hidden_in_marts' and severity = 'warning'"
        f" and run_id = '{run.run_id}'")]


@pytest.mark.parametrize("chosen", [EXCLUDED, HASHED], ids=["excluded", "hashed"])
def test_marts_that_have_values_from_before_are_named_until_a_publish_succeeds(
    org_18: SmallOrg, chosen: ObjectSettings
) -> None:
    org_18.stage("Contact", {"id": "003", "email": "ada@acme.com"})
    org_18.sync()
    first = hide(org_18, chosen)
    (message,) = findings(org_18, first)
    assert "marts.contacts" in message
    assert "Contact had in email" in message
    second = hide(org_18, chosen)  # nothing is left to hide, and nothing was published
    assert len(findings(org_18, second)) == 1
    org_18.sync()
    assert [one["email"] for one in org_18.mart("contacts")] != ["ada@acme.com"]
    assert findings(org_18, org_18.start_run()) == []


def test_marts_that_were_never_published_show_nothing(org_18: SmallOrg) -> None:
    org_18.stage("Contact", {"id": "003", "email": "ada@acme.com"})
    assert findings(org_18, hide(org_18, EXCLUDED)) == []


def test_models_that_cannot_be_read_do_not_silence_the_warning(org_18: SmallOrg) -> None:
    org_18.stage("Contact", {"id": "003", "email": "ada@acme.com"})
    org_18.sync()
    (message,) = findings(org_18, hide(org_18, EXCLUDED), has_models=False)
    assert message.startswith("The marts that read it may still show")

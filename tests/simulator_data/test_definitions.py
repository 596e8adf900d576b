"""An org's objects outlive its process, with everything that a describe says of them."""

from __future__ import annotations

from simulator.catalog import standard_catalog
from simulator.catalog.custom import custom_object
from simulator.clock import Clock
from simulator.store import Store

from .conftest import NOW

CUSTOM = """object Invoice__c prefix=a00 plural=Invoices
Account__c reference to=Account children=Invoices__r cascade
Country__c picklist values='Germany; !France'
City__c picklist controller=Country__c values='Munich @Germany; *Paris:Paname @France'
Number__c string auto=INV-{0000}
Days__c double 18,0 formula='TODAY() - DATEVALUE(CreatedDate)'
"""


def test_the_objects_of_an_org_are_the_same_after_a_restart(database_url_18: str) -> None:
    before = {**standard_catalog(multi_currency=True), "Invoice__c": custom_object(CUSTOM)}
    first = Store(database_url_18, Clock(NOW))
    first.install(before)
    first.close()
    second = Store(database_url_18, Clock(NOW))
    try:
        assert second.sobjects == before
        assert list(second.sobjects) == list(before)
    finally:
        second.close()

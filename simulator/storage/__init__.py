"""Where an org's records live: PostgreSQL, one table an object.

``connections``  a few connections, lent for one transaction each
``tables``       the table of an object, and what the org remembers beside its records
``definitions``  objects and fields as rows, so that an org survives a restart
``indexes``      taken away while much is loaded
``rows``         records out of tables and into them
``transaction``  insert, update, delete, undelete and purge with Salesforce's semantics
``cascades``     what goes with a deleted parent
``rules``        what an org checks before it keeps a record
``histories``    field history, fed by changes
``rollups``      what parents count and sum of their children
``numbering``    auto-number fields
``persons``      the contact of a person account
``upkeep``       what background processes do: archive activities, empty the bin
``facts``        what derived values ask of the org
"""

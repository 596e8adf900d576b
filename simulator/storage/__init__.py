"""Where an org's records live: PostgreSQL, one table an object.

``connections``  a few connections, lent for one transaction each
``tables``       the table of an object, and what the org remembers beside its records
``definitions``  objects and fields as rows, so that an org survives a restart
``loading``      many records at once by COPY
``rows``         records out of tables and into them
``transaction``  insert, update, delete, undelete and purge with Salesforce's semantics
``cascades``     what goes with a deleted parent
``upkeep``       what background processes do: archive activities, empty the bin
``facts``        what derived values ask of the org
"""

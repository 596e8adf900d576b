"""The REST resources (api.md 2): each module ends in its ``ROUTES``.

``discovery``    versions, resources, global describe, describe
``query``        query, queryAll and their locators
``cursors``      what a locator continues
``child_rows``   the child queries of a page
``column_metadata``  what ``columns=true`` answers
``rows``         one record: read, create, change, delete
``collections``  many records in one call
``external_ids`` records by an external Id: upsert
``bodies``       what base64 fields hold
``records``      JSON values into records, records into JSON
``replication``  getUpdated and getDeleted
``limits``       quotas and record counts
``composite``    many calls in one
``ui_api``       the stages of a record type
"""

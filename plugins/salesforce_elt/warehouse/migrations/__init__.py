"""
The steps from version to version of the warehouse: `sync` and staging's metadata columns.

    v0001   the tables of `sync`; a warehouse from before there were migrations is taken over
    v0002   every staging table has the metadata columns
    v0003   a published mart remembers its columns

A step is a file `vNNNN_what_it_does.py` with `revision = "NNNN"`, `down_revision` and `upgrade()`,
in plain SQL. It runs once per warehouse, in one transaction with the mark that it ran, and is not
edited once a release had it. It may touch `sync`, `landing`, `delta` and `staging_*`, in every org;
marts are computed anew and never migrated. There is no way back but a backup.

Before a step is written, the version before it writes a warehouse for its test:
`python -m pytest tests/migrations/write_warehouse.py`.
"""

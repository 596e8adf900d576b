"""
Salesforce to warehouse. Read in the order in which a record travels:

    environment   where this copy keeps its data and listens
    settings      what include/sync.yaml says of each org
    errors        what can go wrong, sorted by what to do about it
    connection_fields, connections
                  what an Airflow connection may say, and how it becomes access to an org
    sessions      one login for all tasks, kept encrypted in the warehouse
    objects       the SObjects that every org syncs, and the fields that marts need
    run           what every station is told about its sync

    org_check     what an administrator has to know before a sync, and what it will cost
    preflight     takes the org, opens the run, fixes the windows' end by the server's clock
    replaced_org  another org behind the connection than before
    hiding        what the settings exclude or hash is hidden in the warehouse, before any reading
    inventory     what the org shows: describes become shapes, shapes become staging tables
    plan          how much changed, and how it is read: nothing, REST or Bulk
    extract       one object: asked for, landed page by page, merged
    merge         from landing to staging, in one transaction with the watermark
    partial       some fields of every record, and which records there are: new fields, formulas
    proof         a reconcile's counts and sample, held against the org
    transform     from staging to delta: each mart whose inputs changed
    audit         Great Expectations over the deltas, before anyone sees them
    publish       from delta to marts: all at once
    report        what became of the sync, and the leaf that decides its colour

    incidents, notices, notify
                  who is told that something is wrong, once, and that it is over
    upkeep        old results and leftovers, removed once a day

    answers       a whole answer, whatever Salesforce makes of the question
    loading       its pages into landing, several at once
    swap          what was read beside staging takes its place
    quota, deferral
                  what a plan costs the org, and how a sync goes on that a quota stopped
    windows, slices, watermarks, extracts, parts, batches, incoming, vanished, view_all, deletes,
    fields
                  what extract and merge are made of
    known_fields, references, reads, reread, parents, reconcile
                  what changes do not tell: fields to fill, records by Id, and when to look
    hashing, hashed, row_path, excluded, hidden_in_marts
                  what hiding is made of: cells, columns, pages, what has to go, what marts keep
    models, mart_tables, members, settings_tables, checks, expectations, exclusions
                  what transform and publish are made of
    furnishing, mart_views, mart_words, analysts
                  what marts have beside their rows: views, comments, and who may read them
    frames, profiles, marts_page
                  marts for people: in notebooks, on the screen, in docs/marts.md
    permissionable, permission_set, permission_files, permission_remarks, permission_gaps
                  least privilege: what the integration user needs, as files, and what it lacks
    refusals_page the end of docs/connecting-salesforce.md: refused logins
    results, quota_results, history, results_text, results_files, consequences
                  the sync results: written, looked up, as text, as CSV and JSON; and what marts
                  lack without a field
    results_page  the same as a page in Airflow's UI (plugins/sync_results_page.py puts it there)
    stations      the stations as one sync calls them
    wiring, trigger_forms, hooks
                  the seam to Airflow; nothing else here imports it
    provider      what Airflow learns of the connection type before it imports the hook

    A rule by its number is one of docs/rules.md.

    salesforce/   how to speak with Salesforce      warehouse/   the PostgreSQL side
"""

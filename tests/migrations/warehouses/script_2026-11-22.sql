-- State of the syncs. It lives beside the data and moves in the same transactions.
create schema if not exists landing;
create schema if not exists delta;
create schema if not exists marts;
create schema if not exists sync;

-- One row per sync of one org. `until` is the end of the window that all its objects share.
create table if not exists sync.runs (
    run_id text primary key,
    org text not null,
    kind text not null check (kind in ('full', 'incremental', 'reconcile')),
    status text not null check (status in ('running', 'success', 'partial', 'deferred', 'failed')),
    fence bigint not null,
    until timestamptz,
    started_at timestamptz not null,
    planned_at timestamptz,
    published_at timestamptz,
    finished_at timestamptz,
    api_calls integer not null default 0,
    message text,
    settings jsonb not null default '{}',
    objects text[]
);
create index if not exists runs_by_org on sync.runs (org, started_at);

-- What a run did with each SObject: the plan first, then the counts.
create table if not exists sync.run_objects (
    run_id text not null references sync.runs on delete cascade,
    org text not null,
    sobject text not null,
    way text not null check (way in ('nothing', 'rest', 'bulk')),
    since timestamptz,
    until timestamptz not null,
    planned bigint,
    fields text[] not null default '{}',
    cursor_field text,
    status text not null default 'planned' check (status in ('planned', 'success', 'failed')),
    fetched bigint not null default 0,
    inserted bigint not null default 0,
    updated bigint not null default 0,
    deleted bigint not null default 0,
    seconds numeric,
    message text,
    primary key (run_id, sobject)
);

-- What a run published into each mart.
create table if not exists sync.run_marts (
    run_id text not null references sync.runs on delete cascade,
    org text not null,
    mart text not null,
    inserted bigint not null default 0,
    updated bigint not null default 0,
    deleted bigint not null default 0,
    row_count bigint not null default 0,
    reason text,
    primary key (run_id, mart)
);

-- Results of the data-quality checks.
create table if not exists sync.checks (
    run_id text not null references sync.runs on delete cascade,
    org text not null,
    mart text not null,
    check_name text not null,
    severity text not null check (severity in ('critical', 'warning')),
    is_passed boolean not null,
    unexpected_count bigint not null default 0,
    unexpected_keys jsonb not null default '[]',
    primary key (run_id, mart, check_name)
);

-- What a person should know: missing permissions, drift, errors, settings the org does not know.
create table if not exists sync.findings (
    finding_id bigint generated always as identity primary key,
    run_id text not null references sync.runs on delete cascade,
    org text not null,
    severity text not null check (severity in ('error', 'warning', 'info')),
    code text not null,
    sobject text,
    field text,
    message text not null,
    found_at timestamptz not null default now()
);
create index if not exists findings_by_run on sync.findings (run_id);

-- How far a staging table is complete; deletes have their own mark.
create table if not exists sync.watermarks (
    org text not null,
    sobject text not null,
    kind text not null check (kind in ('changes', 'deletes')),
    complete_until timestamptz not null,
    primary key (org, sobject, kind)
);

-- One request for an SObject's window; survives the run that began it.
create table if not exists sync.extracts (
    extract_id bigint generated always as identity primary key,
    org text not null,
    sobject text not null,
    since timestamptz,
    until timestamptz not null,
    watermark timestamptz,
    is_full boolean not null default false,
    way text not null check (way in ('rest', 'bulk')),
    soql text not null,
    fields text[] not null,
    job_id text,
    expected bigint,
    state text not null check (state in ('planned', 'landed', 'merged', 'abandoned')),
    run_id text not null references sync.runs on delete cascade,
    created_at timestamptz not null default now()
);
create unique index if not exists extracts_open on sync.extracts (org, sobject)
where state in ('planned', 'landed');

-- A page's checkpoint commits with the page's rows.
create table if not exists sync.extract_pages (
    extract_id bigint not null references sync.extracts on delete cascade,
    page integer not null,
    next_locator text,
    row_count bigint not null,
    primary key (extract_id, page)
);

-- Deletes that getDeleted told of and that are not marked in staging yet.
create table if not exists sync.learnt_deletes (
    org text not null,
    sobject text not null,
    id text not null,
    deleted_at timestamptz not null,
    primary key (org, sobject, id)
);

-- Changes that are merged and not yet published. The publish deletes exactly those it saw.
create table if not exists sync.pending_batches (
    batch_id bigint generated always as identity primary key,
    org text not null,
    sobject text not null,
    run_id text not null,
    merged_at timestamptz not null default now()
);
create index if not exists pending_batches_by_org on sync.pending_batches (org);

-- One writer per org: the fence only grows, and a writer whose fence is not the newest stops.
create table if not exists sync.leases (
    org text primary key,
    fence bigint not null,
    run_id text not null,
    taken_at timestamptz not null
);

-- What each mart was last published with.
create table if not exists sync.fingerprints (
    org text not null,
    mart text not null,
    fingerprint text not null,
    published_at timestamptz not null,
    primary key (org, mart)
);

-- Records set aside by a check.
create table if not exists sync.quarantine (
    org text not null,
    mart text not null,
    key text not null,
    reason text not null,
    run_id text not null,
    since timestamptz not null default now(),
    primary key (org, mart, key, reason)
);

-- API calls by station, so that a run can say where its quota went.
create table if not exists sync.api_usage (
    run_id text not null references sync.runs on delete cascade,
    org text not null,
    station text not null,
    calls integer not null,
    used_at timestamptz not null default now()
);
create index if not exists api_usage_by_run on sync.api_usage (run_id);

-- Two orgs; the first has a Bulk job whose pages are not all here, the second has one to merge.
insert into sync.runs (run_id, org, kind, status, fence, started_at, finished_at) values
('acme/1', 'acme', 'full', 'success', 1, '2026-03-01 10:00+00', '2026-03-01 10:01+00'),
('acme/2', 'acme', 'incremental', 'running', 2, '2026-03-01 11:00+00', null),
('beta/1', 'beta', 'full', 'failed', 1, '2026-03-01 10:00+00', '2026-03-01 10:01+00');
insert into sync.run_objects (run_id, org, sobject, way, until, status, fetched)
values ('acme/1', 'acme', 'Account', 'bulk', '2026-03-01 10:00+00', 'failed', 3);
insert into sync.run_marts (run_id, org, mart, row_count) values ('acme/1', 'acme', 'companies', 2);
insert into sync.checks (run_id, org, mart, check_name, severity, is_passed)
values ('acme/1', 'acme', 'companies', 'key', 'critical', true);
insert into sync.findings (run_id, org, severity, code, message)
values ('beta/1', 'beta', 'error', 'AccessDenied', 'Account: the user may not read it.');
insert into sync.watermarks values ('acme', 'Account', 'changes', '2026-03-01 10:00+00');
insert into sync.extracts (org, sobject, until, way, soql, fields, job_id, state, run_id) values
('acme', 'Account', '2026-03-01 11:00+00', 'bulk', 'SELECT Id FROM Account', '{Id}', '750A', 'planned',
    'acme/2'),
('acme', 'Account', '2026-03-01 10:00+00', 'bulk', 'SELECT Id FROM Account', '{Id}', '750B', 'merged',
    'acme/1'),
('beta', 'Account', '2026-03-01 10:00+00', 'rest', 'SELECT Id FROM Account', '{Id}', null, 'landed',
    'beta/1');
insert into sync.extract_pages (extract_id, page, next_locator, row_count) values (1, 1, 'MjAw', 200);
insert into sync.pending_batches (org, sobject, run_id) values ('acme', 'Account', 'acme/1');
insert into sync.fingerprints values ('acme', 'companies', 'f', '2026-03-01 10:01+00');
insert into sync.quarantine (org, mart, key, reason, run_id)
values ('acme', 'companies', '001A', 'key', 'acme/1');
create schema staging_acme;
create table staging_acme.account (
    id text primary key,
    name text,
    _is_deleted boolean not null default false,
    _deleted_by text,
    _deleted_at timestamptz,
    _batch_id bigint
);
insert into staging_acme.account (id, name, _batch_id) values ('001A', 'NA', 1), ('001B', null, null);

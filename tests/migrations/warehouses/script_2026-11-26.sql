-- State of the syncs. It lives beside the data and moves in the same transactions.
create schema if not exists landing;
create schema if not exists delta;
create schema if not exists marts;
create schema if not exists sync;

-- Which versions of this file have run here, by their hash.
create table if not exists sync.schema_versions (
    version text primary key,
    ran_at timestamptz not null default now()
);

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
    is_whole boolean not null default false,
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
    excluded_count bigint not null default 0,
    reason text,
    primary key (run_id, mart)
);

-- What a run's publish leaves out of the opportunities, and why.
create table if not exists sync.run_exclusions (
    run_id text not null references sync.runs on delete cascade,
    org text not null,
    reason text not null,
    opportunity_count bigint not null,
    primary key (run_id, reason)
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
    station text,
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

-- What is asked of an SObject, once; survives the run that began it. `purpose`: whole rows, some
-- fields of rows that are here already, or the Ids that there are.
create table if not exists sync.extracts (
    extract_id bigint generated always as identity primary key,
    org text not null,
    sobject text not null,
    purpose text not null default 'rows' check (purpose in ('rows', 'fields', 'ids')),
    since timestamptz,
    until timestamptz not null,
    watermark timestamptz,
    is_full boolean not null default false,
    is_beside boolean not null default false,
    cursor_field text,
    fields text[] not null,
    state text not null check (state in ('planned', 'merged', 'abandoned')),
    run_id text not null references sync.runs on delete cascade,
    created_at timestamptz not null default now()
);
create unique index if not exists extracts_open on sync.extracts (org, sobject, purpose)
where state = 'planned';

-- One question of an extract: all of it at first, halves of it where Salesforce gave up in time.
-- `job_id`: the Bulk job that Salesforce keeps for it.
create table if not exists sync.extract_parts (
    extract_id bigint not null references sync.extracts on delete cascade,
    part integer not null,
    way text not null check (way in ('rest', 'bulk')),
    since timestamptz,
    until timestamptz,
    first_id text,
    end_id text,
    job_id text,
    is_split boolean not null default false,
    primary key (extract_id, part)
);

-- A page's checkpoint commits with the page's rows. Two pages that begin with the same record are
-- the same page.
create table if not exists sync.extract_pages (
    extract_id bigint not null,
    part integer not null,
    page integer not null,
    next_locator text,
    row_count bigint not null,
    first_id text,
    nul_count bigint not null default 0,
    primary key (extract_id, part, page),
    foreign key (extract_id, part) references sync.extract_parts on delete cascade
);
create unique index if not exists extract_pages_once on sync.extract_pages (extract_id, first_id);

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

-- An extract of which a part was asked for in halves.
insert into sync.runs (run_id, org, kind, status, fence, started_at)
values ('acme/1', 'acme', 'full', 'running', 1, '2026-03-01 10:00+00');
insert into sync.extracts (org, sobject, until, fields, state, run_id)
values ('acme', 'Account', '2026-03-01 10:00+00', '{Id}', 'planned', 'acme/1');
insert into sync.extract_parts (extract_id, part, way, job_id, is_split)
values (1, 1, 'bulk', '750A', true), (1, 2, 'bulk', '750B', false);
insert into sync.extract_pages (extract_id, part, page, row_count, first_id)
values (1, 2, 1, 200, '001A');

-- State of the syncs. It lives beside the data and moves in the same transactions.
-- `if not exists`: what made the warehouse before there were migrations left most of this there.
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
    objects text[],
    resumes_at timestamptz,
    resumes_by text check (resumes_by in ('schedule', 'itself')),
    has_view_all_data boolean
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
    status text not null default 'planned'
    check (status in ('planned', 'success', 'deferred', 'failed')),
    estimated_calls integer not null default 0,
    fetched bigint not null default 0,
    inserted bigint not null default 0,
    updated bigint not null default 0,
    deleted bigint not null default 0,
    seconds numeric,
    message text,
    primary key (run_id, sobject)
);

-- The org's daily quotas: at the run's start (empty: the org does not tell), the use at which this
-- run stops, what its plan was estimated to take, and the use that its last answer told.
create table if not exists sync.run_quotas (
    run_id text not null references sync.runs on delete cascade,
    org text not null,
    quota text not null,
    used bigint,
    allowed bigint,
    ours bigint,
    estimated bigint,
    last_used bigint,
    seen_at timestamptz,
    primary key (run_id, quota)
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
    set_aside_count bigint not null default 0,
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

-- Results of the data-quality checks: of a mart, or of `staging.<table>`. `words` say what a check
-- found that looks at no row; rows that were set aside do not stop the publish.
create table if not exists sync.checks (
    run_id text not null references sync.runs on delete cascade,
    org text not null,
    mart text not null,
    check_name text not null,
    severity text not null check (severity in ('critical', 'warning')),
    is_passed boolean not null,
    unexpected_count bigint not null default 0,
    unexpected_keys jsonb not null default '[]',
    set_aside_count bigint not null default 0,
    words text,
    primary key (run_id, mart, check_name)
);

-- What a person should know: missing permissions, drift, errors, settings the org does not know.
-- `missing` is what the warehouse will lack because of it. Those of the last `make check` of an org
-- belong to no run; their station is 'check'.
create table if not exists sync.findings (
    finding_id bigint generated always as identity primary key,
    run_id text references sync.runs on delete cascade,
    org text not null,
    severity text not null check (severity in ('error', 'warning', 'info')),
    code text not null,
    station text,
    sobject text,
    field text,
    message text not null,
    missing text,
    found_at timestamptz not null default now()
);
create index if not exists findings_by_run on sync.findings (run_id);

-- The session of each Airflow connection, which all tasks share; `sealed` can be read only with the
-- connection's own secrets.
create table if not exists sync.sessions (
    connection text primary key,
    sealed bytea,
    opened_at timestamptz
);

-- Which Salesforce org a key of the settings is: the first 15 characters of its Id.
create table if not exists sync.orgs (
    org text primary key,
    organization_id text not null,
    seen_at timestamptz not null
);

-- How far a staging table is complete; deletes have their own mark.
create table if not exists sync.watermarks (
    org text not null,
    sobject text not null,
    kind text not null check (kind in ('changes', 'deletes')),
    complete_until timestamptz not null,
    primary key (org, sobject, kind)
);

-- The fields that staging has of an SObject. Complete: for every record; hidden ones keep their
-- column and what was in it; references say to which SObjects.
create table if not exists sync.fields (
    org text not null,
    sobject text not null,
    field text not null,
    is_complete boolean not null default false,
    hidden_since timestamptz,
    kind text not null default 'text',
    refers_to text[] not null default '{}',
    primary key (org, sobject, field)
);

-- Records to be read by Id: parents that rows refer to and staging lacks, which are asked for once
-- (then they are there, or cannot be had), and records that are not here as they are in the org.
create table if not exists sync.wanted_records (
    org text not null,
    sobject text not null,
    id text not null,
    reason text not null check (reason in ('missing_parent', 'differs')),
    asked_until timestamptz,
    primary key (org, sobject, id)
);

-- What a run reads of an SObject beside what changed: some fields of every record, or only which
-- records there are. Planned first, then carried out.
create table if not exists sync.run_reads (
    run_id text not null references sync.runs on delete cascade,
    org text not null,
    sobject text not null,
    way text not null check (way in ('rest', 'bulk')),
    filled text[] not null default '{}',
    refreshed text[] not null default '{}',
    is_compared boolean not null default false,
    planned bigint not null,
    api_calls bigint not null,
    status text not null check (status in ('planned', 'if_needed', 'success')),
    fetched bigint not null default 0,
    updated bigint not null default 0,
    deleted bigint not null default 0,
    primary key (run_id, sobject)
);

-- What a reconciling run found when it held an SObject against the org: live records that were
-- created before the run's end (ours: null until it was counted), and a sample of them.
create table if not exists sync.proofs (
    run_id text not null references sync.runs on delete cascade,
    org text not null,
    sobject text not null,
    their_count bigint,
    our_count bigint,
    sampled bigint not null default 0,
    differing bigint not null default 0,
    repaired bigint not null default 0,
    primary key (run_id, sobject)
);

-- What is asked of an SObject, once; survives the run that began it. `purpose`: whole rows, some
-- fields of rows that are here already, the Ids that there are, or records that are named by Id.
create table if not exists sync.extracts (
    extract_id bigint generated always as identity primary key,
    org text not null,
    sobject text not null,
    purpose text not null default 'rows'
    check (purpose in ('rows', 'fields', 'ids', 'records')),
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
create index if not exists extracts_by_run on sync.extracts (run_id);

-- One question of an extract: all of it at first, halves of it where Salesforce gave up in time.
-- `is_replaced`: others are asked instead. `job_id`: the Bulk job that Salesforce keeps for it.
create table if not exists sync.extract_parts (
    extract_id bigint not null references sync.extracts on delete cascade,
    part integer not null,
    way text not null check (way in ('rest', 'bulk')),
    since timestamptz,
    until timestamptz,
    first_id text,
    end_id text,
    job_id text,
    is_replaced boolean not null default false,
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
    total bigint,
    first_id text,
    nul_count bigint not null default 0,
    primary key (extract_id, part, page),
    foreign key (extract_id, part) references sync.extract_parts on delete cascade
);
create unique index if not exists extract_pages_once on sync.extract_pages (extract_id, first_id);

-- Staging columns that hold salted hashes, and the type that each field has by itself.
create table if not exists sync.hashed_columns (
    org text not null,
    sobject text not null,
    column_name text not null,
    kind text not null,
    primary key (org, sobject, column_name)
);

-- By which salt an org's hashes were made: the hash of a constant, never the salt.
create table if not exists sync.salts (
    org text primary key,
    check_value text not null
);

-- Deletes that getDeleted told of and that are not marked in staging yet.
create table if not exists sync.learnt_deletes (
    org text not null,
    sobject text not null,
    id text not null,
    deleted_at timestamptz not null,
    primary key (org, sobject, id)
);

-- Whether the integration user had View All Data when every record of the object was last read.
create table if not exists sync.view_all (
    org text not null,
    sobject text not null,
    has_view_all_data boolean not null,
    primary key (org, sobject)
);

-- Changes that are merged and not yet published. The publish deletes exactly those it saw.
-- `hidden` are columns that settings hid by it: the marts may show what they held until then.
create table if not exists sync.pending_batches (
    batch_id bigint generated always as identity primary key,
    org text not null,
    sobject text not null,
    run_id text not null,
    merged_at timestamptz not null default now(),
    hidden text[] not null default '{}'
);
create index if not exists pending_batches_by_org on sync.pending_batches (org);

-- One writer per org: the fence only grows, and a writer whose fence is not the newest stops.
create table if not exists sync.leases (
    org text primary key,
    fence bigint not null,
    run_id text not null,
    taken_at timestamptz not null
);

-- The values of picklists that settings name, as the org last described them.
create table if not exists sync.picklist_values (
    org text not null,
    sobject text not null,
    field text not null,
    value text not null,
    primary key (org, sobject, field, value)
);

-- Names of the org that settings hold and that a sync took over, in small letters: known since
-- then, and followed by the Ids that they had (a name without one: '').
create table if not exists sync.accepted_values (
    org text not null,
    setting text not null,
    lower_name text not null,
    ids text[] not null,
    primary key (org, setting, lower_name)
);

-- What each mart was last published with.
create table if not exists sync.fingerprints (
    org text not null,
    mart text not null,
    fingerprint text not null,
    row_count bigint,
    published_at timestamptz not null,
    primary key (org, mart)
);

-- The views and functions on marts that a publish made. `identity`: how SQL names them.
create table if not exists sync.views (
    name text primary key,
    kind text not null check (kind in ('view', 'function')),
    identity text not null,
    fingerprint text not null
);

-- Records that checks keep out of the marts, once for each reason, until their rows are good.
-- `recomputed_by` is the part of the key by which the mart is computed.
create table if not exists sync.quarantine (
    org text not null,
    mart text not null,
    key text not null,
    reason text not null,
    run_id text not null,
    recomputed_by text not null default '',
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

-- What is wrong with an org, each thing once, from the sync that found it first until it is over.
-- `about` tells incidents of one code apart: an object, a field, a mart. `kind`: the least thorough
-- sync that found it.
create table if not exists sync.incidents (
    incident_id bigint generated always as identity primary key,
    org text not null,
    occasion text not null
    check (occasion in ('failed', 'partial', 'deferred', 'checks', 'findings')),
    code text not null,
    about text not null,
    message text not null,
    kind text not null,
    run_id text not null,
    opened_at timestamptz not null,
    seen_at timestamptz not null,
    closed_at timestamptz
);
create unique index if not exists incidents_open on sync.incidents (org, occasion, code, about)
where closed_at is null;

-- Which notifier was told of an incident, and of its end.
create table if not exists sync.notices (
    incident_id bigint not null references sync.incidents on delete cascade,
    notifier text not null,
    is_over boolean not null,
    sent_at timestamptz not null default now(),
    primary key (incident_id, notifier, is_over)
);

-- When each org's old results and leftovers were last removed.
create table if not exists sync.upkeep (
    org text primary key,
    done_at timestamptz not null
);

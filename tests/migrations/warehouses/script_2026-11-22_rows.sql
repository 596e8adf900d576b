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

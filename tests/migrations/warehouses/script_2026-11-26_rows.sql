-- An extract of which a part was asked for in halves.
insert into sync.runs (run_id, org, kind, status, fence, started_at)
values ('acme/1', 'acme', 'full', 'running', 1, '2026-03-01 10:00+00');
insert into sync.extracts (org, sobject, until, fields, state, run_id)
values ('acme', 'Account', '2026-03-01 10:00+00', '{Id}', 'planned', 'acme/1');
insert into sync.extract_parts (extract_id, part, way, job_id, is_split)
values (1, 1, 'bulk', '750A', true), (1, 2, 'bulk', '750B', false);
insert into sync.extract_pages (extract_id, part, page, row_count, first_id)
values (1, 2, 1, 200, '001A');

-- Results of hourly syncs as a usual org leaves them, from hour {first} until before hour {last}:
-- something changed in five objects and five marts; each day begins with a reconcile.
create temporary table hours on commit drop as
select n, {org} || '/scheduled__' || n as run_id,
    timestamptz '2025-06-01 00:00+00' + n * interval '1 hour' as at,
    case when n % 24 = 0 then 'reconcile' else 'incremental' end as kind
from generate_series({first}, {last} - 1) as n;

insert into sync.runs (run_id, org, kind, status, fence, until, started_at, planned_at,
    published_at, finished_at, api_calls, settings, objects, has_view_all_data)
select run_id, {org}, kind, 'success', n, at, at, at + interval '5 s', at + interval '30 s',
    at + interval '40 s', 14, {settings}::jsonb, array[]::text[], true
from hours;

insert into sync.run_objects (run_id, org, sobject, way, since, until, planned, fields,
    cursor_field, status, estimated_calls, fetched, inserted, updated, seconds)
select run_id, {org}, object, case when place <= 5 then 'rest' else 'nothing' end,
    at - interval '75 min', at, case when place <= 5 then 120 end,
    (select array_agg('Field_of_the_org_' || f || '__c') from generate_series(1, 50) as f),
    'SystemModstamp', 'success', 1, case when place <= 5 then 120 else 0 end,
    case when place <= 5 then 20 else 0 end, case when place <= 5 then 80 else 0 end, 1.234
from hours cross join unnest({objects}::text[]) with ordinality as o (object, place);

insert into sync.run_quotas (run_id, org, quota, used, allowed, ours, estimated, last_used, seen_at)
select run_id, {org}, quota, 12345, 100000, 75000, 14, 12359, at
from hours cross join unnest(array['DailyApiRequests', 'DailyBulkV2QueryJobs',
    'DailyBulkV2QueryFileStorageMB']) as quota;

insert into sync.run_marts (run_id, org, mart, inserted, updated, deleted, row_count,
    excluded_count, reason)
select run_id, {org}, mart, 20, 80, 3, 123456, 789, '1,234 of 123,456 keys'
from hours cross join unnest({marts}::text[]) with ordinality as m (mart, place) where place <= 5;

insert into sync.run_exclusions (run_id, org, reason, opportunity_count)
select run_id, {org}, reason, 4321
from hours cross join unnest(array['created_before_start_date', 'probability_below_minimum',
    'amount_below_minimum', 'type_not_selected']) as reason;

insert into sync.checks (run_id, org, mart, check_name, severity, is_passed, unexpected_count,
    unexpected_keys)
select run_id, {org}, mart, check_name, 'critical', place > 2, (place <= 2)::integer * 12,
    case when place > 2 then '[]'
    else to_jsonb(array_fill('0060000000000001AAA'::text, array[10])) end
from hours cross join unnest({checked}::text[], {checks}::text[]) with ordinality
    as c (mart, check_name, place);

insert into sync.findings (run_id, org, severity, code, station, sobject, field, message, missing,
    found_at)
select run_id, {org}, 'warning', 'field_hidden', 'plan', 'Contact', 'Field_' || f,
    repeat('Contact.Field is not visible to the integration user. ', 5), 'contacts.field', at
from hours cross join generate_series(1, 5) as f;

insert into sync.run_reads (run_id, org, sobject, way, refreshed, planned, api_calls, status,
    fetched)
select run_id, {org}, object, 'rest', array['Age__c', 'LastActivityDate'], 1000, 1, 'success', 1000
from hours cross join unnest({objects}::text[]) as object where kind = 'reconcile';

insert into sync.proofs (run_id, org, sobject, their_count, our_count, sampled)
select run_id, {org}, object, 123456, 123456, 200
from hours cross join unnest({objects}::text[]) as object where kind = 'reconcile';

insert into sync.api_usage (run_id, org, station, calls, used_at)
select run_id, {org}, station, 2, at
from hours cross join unnest(array['preflight', 'plan', 'extract Account', 'extract Contact',
    'extract Opportunity', 'extract Task', 'extract User']) as station;

with asked as (
    insert into sync.extracts (org, sobject, since, until, watermark, cursor_field, fields, state,
        run_id, created_at)
    select {org}, object, at - interval '75 min', at, at - interval '60 min', 'SystemModstamp',
        (select array_agg('Field_of_the_org_' || f || '__c') from generate_series(1, 50) as f),
        'merged', run_id, at
    from hours cross join unnest(({objects}::text[])[1:5]) as object
    returning extract_id, since, until
)

insert into sync.extract_parts (extract_id, part, way, since, until)
select extract_id, 1, 'rest', since, until from asked;

insert into sync.leases (org, fence, run_id, taken_at)
select {org}, n, run_id, at from hours order by n desc limit 1
on conflict (org) do update set fence = excluded.fence, run_id = excluded.run_id;

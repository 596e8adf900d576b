-- Staging of an org with so many opportunities, made by PostgreSQL itself: {schema}, {size}.
insert into {schema}.organization (id, name, time_zone_sid_key, is_sandbox)
values ('00D1', 'Bench', 'UTC', false);

insert into {schema}.user (id, name, email, is_active)
select '005' || n, 'User ' || n, 'user' || n || '@bench.example', true
from generate_series(0, 199) as n;

insert into {schema}.business_process (id, name, table_enum_or_id, is_active)
select '019' || n, 'Process ' || n, 'Opportunity', true
from generate_series(0, 3) as n;

insert into {schema}.record_type (id, name, business_process_id, is_active)
select '012' || n, 'Type ' || n, '019' || n, true
from generate_series(0, 3) as n;

insert into {schema}.opportunity_stage
(id, api_name, master_label, sort_order, is_active, is_closed, is_won, default_probability)
select '01J' || n, 'Stage ' || n, 'Stage ' || n, n, true, n > 7, n = 9, n * 10
from generate_series(0, 9) as n;

insert into {schema}.record_type_stage (id, record_type_id, stage_name, sort_order)
select '012' || r || s, '012' || r, 'Stage ' || s, s
from generate_series(0, 3) as r cross join generate_series(0, 9) as s;

insert into {schema}.account (id, name, owner_id, created_date)
select '001' || n, 'Account ' || n, '005' || n % 200, '2026-01-01'
from generate_series(0, {size} / 5) as n;

insert into {schema}.contact (id, name, account_id, owner_id, created_date)
select '003' || n, 'Contact ' || n, '001' || n / 3, '005' || n % 200, '2026-01-01'
from generate_series(0, {size} / 2) as n;

insert into {schema}.opportunity
(id, name, account_id, owner_id, record_type_id, stage_name, amount, probability, close_date,
is_closed, is_won, created_date)
select
    '006' || n, 'Opportunity ' || n, '001' || n / 5, '005' || n % 200,
    case when n % 10 > 0 then '012' || n % 4 end, 'Stage ' || n % 10, n, n % 101, '2026-06-30',
    n % 10 > 7, n % 10 = 9, '2026-01-01'
from generate_series(1, {size}) as n;

insert into {schema}.opportunity_contact_role (id, opportunity_id, contact_id, is_primary)
select '00K' || n, '006' || n / 2, '003' || n / 4, n % 2 = 0
from generate_series(1, 2 * {size}) as n;

insert into {schema}.opportunity_history
(id, opportunity_id, stage_name, amount, close_date, created_date)
select
    '008' || n, '006' || n / 3, 'Stage ' || case when n % 3 = 2 then n / 3 else n end % 10, n,
    '2026-06-30',
    timestamptz '2026-01-01 00:00+00' + n % 3 * interval '1 day'
from generate_series(1, 3 * {size}) as n;

insert into {schema}.task (id, what_id, owner_id, subject, is_closed, created_date)
select '00T' || n, '006' || n, '005' || n % 200, 'Call', false, '2026-01-01'
from generate_series(1, {size}) as n;

analyze;

-- A warehouse that the script made, of whatever version, gets what its tables lack; tables that it
-- lacks altogether come afterwards.

-- Extracts had one question each, and none of them was in parts. What they had fetched is fetched
-- again: their windows begin at the watermark, which moved only with merged rows.
do $$
begin
    if exists (
        select from information_schema.columns
        where table_schema = 'sync' and table_name = 'extracts' and column_name = 'soql'
    ) then
        drop table sync.extract_pages;
        alter table sync.extracts drop constraint extracts_state_check;
        update sync.extracts set state = 'abandoned' where state in ('planned', 'landed');
        alter table sync.extracts
        drop column way,
        drop column soql,
        drop column job_id,
        drop column expected,
        add column purpose text not null default 'rows',
        add column is_beside boolean not null default false,
        add column cursor_field text,
        add constraint extracts_state_check
        check (state in ('planned', 'merged', 'abandoned'));
        drop index sync.extracts_open;
    end if;
    if exists (
        select from information_schema.columns
        where table_schema = 'sync' and table_name = 'extract_parts' and column_name = 'is_split'
    ) then
        alter table sync.extract_parts rename column is_split to is_replaced;
    end if;
end
$$;
alter table sync.extracts
drop constraint if exists extracts_purpose_check,
add constraint extracts_purpose_check
check (purpose in ('rows', 'fields', 'ids', 'records'));
alter table if exists sync.extract_pages add column if not exists total bigint;

alter table sync.runs
add column if not exists has_view_all_data boolean,
add column if not exists resumes_at timestamptz,
add column if not exists resumes_by text check (resumes_by in ('schedule', 'itself'));

alter table sync.run_objects
add column if not exists estimated_calls integer not null default 0,
add column if not exists is_whole boolean not null default false,
drop constraint if exists run_objects_status_check,
add constraint run_objects_status_check
check (status in ('planned', 'success', 'deferred', 'failed'));

alter table sync.run_marts
add column if not exists excluded_count bigint not null default 0,
add column if not exists set_aside_count bigint not null default 0;

alter table sync.checks
add column if not exists set_aside_count bigint not null default 0,
add column if not exists words text;

alter table sync.findings
alter column run_id drop not null,
add column if not exists station text,
add column if not exists missing text;

alter table sync.pending_batches
add column if not exists hidden text[] not null default '{}';

alter table if exists sync.fields
add column if not exists kind text not null default 'text';

alter table sync.quarantine
add column if not exists recomputed_by text not null default '';

-- A mart that was published before rows were counted is computed anew once.
alter table sync.fingerprints add column if not exists row_count bigint;
delete from sync.fingerprints where row_count is null;

-- Which versions of the script had run; migrations keep that now.
drop table if exists sync.schema_versions;

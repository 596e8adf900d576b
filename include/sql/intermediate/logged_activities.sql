-- One row per task or event that exists, archived ones too.
with task as (
    select * from staging.task
    where not _is_deleted
),

event as (
    select * from staging.event
    where not _is_deleted
)

select
    id,
    who_id,
    what_id,
    account_id,
    owner_id,
    'task' as activity_type,
    subject,
    status,
    activity_date,
    is_closed,
    is_archived,
    cast(null as timestamp with time zone) as started_at,
    cast(null as timestamp with time zone) as ended_at,
    created_date as created_at
from task
union all
select
    id,
    who_id,
    what_id,
    account_id,
    owner_id,
    'event' as activity_type,
    subject,
    null as status,
    activity_date,
    null as is_closed,
    is_archived,
    start_date_time as started_at,
    end_date_time as ended_at,
    created_date as created_at
from event

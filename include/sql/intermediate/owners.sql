-- One row per user or queue: whoever can own a record.
with users as (
    select * from staging.user
    where not _is_deleted
),

queues as (
    select * from staging."group"
    where not _is_deleted
)

select
    id as owner_id,
    name as owner_name,
    email
from users
union all
select
    id as owner_id,
    name as owner_name,
    email
from queues

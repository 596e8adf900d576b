-- One row per name that an opportunity's stage can carry: the API name first, the label second.
with opportunity_stage as (
    select * from staging.opportunity_stage
    where not _is_deleted
),

named as (
    select
        id,
        api_name as name_in_use,
        master_label,
        is_active,
        is_closed,
        is_won,
        1 as preference
    from opportunity_stage
    union all
    select
        id,
        master_label as name_in_use,
        master_label,
        is_active,
        is_closed,
        is_won,
        2 as preference
    from opportunity_stage
),

ranked as (
    select
        id,
        name_in_use,
        master_label,
        is_closed,
        is_won,
        row_number() over (
            partition by name_in_use
            order by preference asc, is_active desc, id asc
        ) as choice
    from named
    where name_in_use is not null
)

select
    name_in_use,
    id as stage_id,

    master_label as stage_name,

    is_closed,
    is_won
from ranked
where choice = 1

-- One row per stay of a synced opportunity in a stage, and how many days it took.
create view marts.days_in_stage as
with opportunity_stage_history as (
    select * from marts.opportunity_stage_history
),

opportunities as (
    select * from marts.opportunities
)

select
    opportunities.org,
    opportunities.opportunity_id,
    stays.stay_id,
    opportunities.pipeline_id,
    stays.stage_id,

    stays.stage_name,
    stays.status,

    stays.entered_at,
    stays.left_at,

    -- A stay that goes on is counted until now, unless its stage is the end of the opportunity.
    case
        when stays.left_at is not null or coalesce(stays.status, 'open') = 'open'
            then
                round(
                    extract(epoch from coalesce(stays.left_at, now()) - stays.entered_at) / 86400, 2
                )
    end as days_in_stage
from opportunity_stage_history as stays
inner join opportunities
    on
        stays.org = opportunities.org
        and stays.opportunity_id = opportunities.opportunity_id

-- One row per opportunity that passes the settings, with the pipeline that it belongs to.
with opportunity as (
    select * from staging.opportunity
    where not _is_deleted
),

judged_opportunities as (
    select * from intermediate.judged_opportunities
),

exclusions as (
    select * from intermediate.exclusions
)

select
    opportunity.id,
    opportunity.account_id,
    opportunity.owner_id,
    judged_opportunities.pipeline_id,

    opportunity.name,
    opportunity.type,
    opportunity.stage_name,
    opportunity.forecast_category_name,

    opportunity.amount,
    opportunity.currency_iso_code,
    opportunity.probability,

    opportunity.is_closed,
    opportunity.is_won,

    opportunity.close_date,
    opportunity.created_date
from opportunity
inner join judged_opportunities on opportunity.id = judged_opportunities.opportunity_id
where not exists (
    select 1
    from exclusions
    where exclusions.opportunity_id = opportunity.id
)

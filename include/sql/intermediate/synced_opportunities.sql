-- One row per opportunity that passes the settings, with the pipeline that it belongs to.
with opportunity as (
    select * from staging.opportunity
    where not _is_deleted
),

judged_opportunities as (
    select * from intermediate.judged_opportunities
)

select
    opportunity.id,
    opportunity.account_id,
    opportunity.owner_id,
    judged.pipeline_id,

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
inner join judged_opportunities as judged on opportunity.id = judged.opportunity_id
where
    (
        judged.is_created_before_start_date
        or judged.is_probability_below_minimum
        or judged.is_amount_below_minimum
        or judged.is_type_not_selected
        or judged.is_sales_process_not_selected
    ) is not true

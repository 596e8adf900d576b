-- One row per opportunity that exists, and what the settings say of it.
with opportunity_pipelines as (
    select * from intermediate.opportunity_pipelines
),

sync_settings as (
    select * from staging.sync_settings
)

select
    opportunity.opportunity_id,
    opportunity.sales_process_id,
    opportunity.pipeline_id,

    opportunity.opportunity_name,
    opportunity.opportunity_type,
    opportunity.sales_process_name,

    opportunity.amount,
    opportunity.probability,

    opportunity.created_on < sync_settings.start_date as is_created_before_start_date,
    coalesce(opportunity.probability, 0) < sync_settings.minimum_probability
        as is_probability_below_minimum,
    coalesce(opportunity.amount, 0) < sync_settings.minimum_amount as is_amount_below_minimum,
    sync_settings.opportunity_types is not null and not exists (
        select 1
        from unnest(sync_settings.opportunity_types) as selected (selected_type)
        where lower(selected.selected_type) = lower(opportunity.opportunity_type)
    ) as is_type_not_selected,
    opportunity.pipeline_id is null as is_sales_process_not_selected,

    opportunity.created_on
from opportunity_pipelines as opportunity
cross join sync_settings

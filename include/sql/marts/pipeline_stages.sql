-- One row per stage of a pipeline: the stages that it offers and those in use.
-- key: pipeline_id, stage_id
-- recomputed by: pipeline_id
-- affected by: opportunity_stage (all) · record_type_stage (all) · record_type (all)
--   · business_process (all) · opportunities (pipeline_id) · sync_settings (all)
with opportunity_stage as (
    select * from staging.opportunity_stage
    where not _is_deleted
),

opportunities as (
    select * from upcoming.opportunities
),

org_pipelines as (
    select * from intermediate.org_pipelines
),

offered_stages as (
    select * from intermediate.offered_stages
),

stage_statuses as (
    select * from intermediate.stage_statuses
)

select
    org_pipelines.pipeline_id,
    opportunity_stage.id as stage_id,

    opportunity_stage.master_label as stage_name,
    opportunity_stage.forecast_category_name as forecast_category,
    stage_statuses.status,

    opportunity_stage.sort_order as stage_order,
    opportunity_stage.default_probability as probability,

    opportunity_stage.is_active
from org_pipelines
cross join opportunity_stage
left join offered_stages
    on
        org_pipelines.pipeline_id = offered_stages.pipeline_id
        and opportunity_stage.id = offered_stages.stage_id
left join stage_statuses
    on
        opportunity_stage.is_closed = stage_statuses.is_closed
        and opportunity_stage.is_won = stage_statuses.is_won
where
    offered_stages.stage_id is not null
    or exists (
        select 1
        from opportunities
        where
            opportunities.pipeline_id = org_pipelines.pipeline_id
            and opportunities.stage_id = opportunity_stage.id
    )

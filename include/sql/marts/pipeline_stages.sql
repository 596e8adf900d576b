-- One row per stage of a pipeline: the stages that it offers and those in use.
-- key: pipeline_id, stage_id
-- recomputed by: pipeline_id
-- affected by: opportunity_stage (all) · record_type_stage (all) · record_type (all)
--   · business_process (all) · opportunity (all) · organization (all) · sync_settings (all)
with opportunity_stage as (
    select * from staging.opportunity_stage
    where not _is_deleted
),

record_type as (
    select * from staging.record_type
    where not _is_deleted
),

record_type_stage as (
    select * from staging.record_type_stage
    where not _is_deleted
),

synced_opportunities as (
    select * from intermediate.synced_opportunities
),

org_pipelines as (
    select * from intermediate.org_pipelines
),

stage_names as (
    select * from intermediate.stage_names
),

stage_statuses as (
    select * from intermediate.stage_statuses
),

-- Which stages a sales process offers is known per record type only.
stages_of_pipelines as (
    select
        record_type.business_process_id as pipeline_id,
        stage_names.stage_id
    from record_type_stage
    inner join record_type on record_type_stage.record_type_id = record_type.id
    inner join stage_names on record_type_stage.stage_name = stage_names.name_in_use
    union
    select
        'default' as pipeline_id,
        id as stage_id
    from opportunity_stage
    where is_active
    union
    select
        synced_opportunities.pipeline_id,
        stage_names.stage_id
    from synced_opportunities
    inner join stage_names on synced_opportunities.stage_name = stage_names.name_in_use
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
from stages_of_pipelines
inner join org_pipelines on stages_of_pipelines.pipeline_id = org_pipelines.pipeline_id
inner join opportunity_stage on stages_of_pipelines.stage_id = opportunity_stage.id
left join stage_statuses
    on
        opportunity_stage.is_closed = stage_statuses.is_closed
        and opportunity_stage.is_won = stage_statuses.is_won

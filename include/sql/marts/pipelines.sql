-- One row per pipeline: one for all opportunities, or one per selected sales process.
-- key: pipeline_id
-- recomputed by: pipeline_id
-- affected by: business_process (id) · opportunities (pipeline_id) · sync_settings (all)
with org_pipelines as (
    select * from intermediate.org_pipelines
)

select
    pipeline_id,

    pipeline_name,

    is_active
from org_pipelines

-- One row per reason for which an opportunity was left out.
-- key: opportunity_id, reason
-- recomputed by: opportunity_id
-- affected by: opportunity (id) · record_type (opportunity.record_type_id)
--   · business_process (record_type.business_process_id) · organization (all)
--   · sync_settings (all)
-- indexes: reason
with exclusions as (
    select * from intermediate.exclusions
)

select
    opportunity_id,
    reason,

    opportunity_name,
    value,
    setting
from exclusions

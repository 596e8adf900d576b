-- One row per opportunity that passes the settings.
-- key: opportunity_id
-- recomputed by: opportunity_id
-- affected by: opportunity (id) · account (opportunity.account_id)
--   · opportunity_contact_role (opportunity_id) · contact (opportunity_contact_role.contact_id)
--   · record_type (opportunity.record_type_id) · business_process (record_type.business_process_id)
--   · opportunity_stage.api_name (opportunity.stage_name)
--   · opportunity_stage.master_label (opportunity.stage_name) · user (opportunity.owner_id)
--   · group (opportunity.owner_id) · currency_type (all) · dated_conversion_rate (all)
--   · organization (all) · member_directory (all) · member_overrides (all) · sync_settings (all)
-- indexes: _owner_id · pipeline_id, stage_id · company_id · owner_member_id · close_date
with opportunity as (
    select * from intermediate.synced_opportunities
),

account as (
    select * from staging.account
    where not _is_deleted
),

stage_names as (
    select * from intermediate.stage_names
),

stage_statuses as (
    select * from intermediate.stage_statuses
),

owner_members as (
    select * from intermediate.owner_members
),

primary_contacts as (
    select * from intermediate.primary_contacts
),

conversion_rates as (
    select * from intermediate.conversion_rates
)

select
    opportunity.id as opportunity_id,
    account.id as company_id,
    opportunity.pipeline_id,
    stage_names.stage_id,
    owner_members.member_id as owner_member_id,
    primary_contacts.contact_id as primary_contact_id,

    opportunity.name as opportunity_name,
    opportunity.type as opportunity_type,
    coalesce(stage_names.stage_name, opportunity.stage_name) as stage_name,
    opportunity.forecast_category_name as forecast_category,
    stage_statuses.status,

    opportunity.amount,
    opportunity.currency_iso_code as currency,
    trim_scale(opportunity.amount / conversion_rates.conversion_rate) as corporate_amount,
    opportunity.probability,
    opportunity.amount * opportunity.probability * 0.01 as weighted_amount,

    opportunity.close_date,
    opportunity.created_date as created_at,

    opportunity.account_id as _account_id,
    opportunity.stage_name as _stage_name,
    opportunity.owner_id as _owner_id
from opportunity
left join account on opportunity.account_id = account.id
left join stage_names on opportunity.stage_name = stage_names.name_in_use
left join stage_statuses
    on
        opportunity.is_closed = stage_statuses.is_closed
        and opportunity.is_won = stage_statuses.is_won
left join owner_members on opportunity.owner_id = owner_members.owner_id
left join primary_contacts on opportunity.id = primary_contacts.opportunity_id
left join conversion_rates
    on
        coalesce(opportunity.currency_iso_code, '') = conversion_rates.iso_code
        and coalesce(opportunity.close_date, '-infinity') >= conversion_rates.start_date
        and coalesce(opportunity.close_date, '-infinity') < conversion_rates.end_date

-- One row per reason to leave an opportunity out, with the value and the setting it failed.
with judged_opportunities as (
    select * from intermediate.judged_opportunities
),

sync_settings as (
    select * from staging.sync_settings
)

select
    judged.opportunity_id,
    reasons.reason,

    judged.opportunity_name,
    reasons.value,
    reasons.setting
from judged_opportunities as judged
cross join sync_settings
cross join
    lateral (
        values
        (
            'created_before_start_date',
            judged.created_on < sync_settings.start_date,
            cast(judged.created_on as text),
            'start_date: ' || sync_settings.start_date
        ),
        (
            'probability_below_minimum',
            coalesce(judged.probability, 0) < sync_settings.minimum_probability,
            cast(judged.probability as text),
            'opportunity_minimums.probability: ' || sync_settings.minimum_probability
        ),
        (
            'amount_below_minimum',
            coalesce(judged.amount, 0) < sync_settings.minimum_amount,
            cast(judged.amount as text),
            'opportunity_minimums.amount: ' || sync_settings.minimum_amount
        ),
        (
            'type_not_selected',
            not exists (
                select 1
                from unnest(sync_settings.opportunity_types) as selected (selected_type)
                where lower(selected.selected_type) = lower(judged.opportunity_type)
            ) and sync_settings.opportunity_types is not null,
            judged.opportunity_type,
            'opportunity_types: ' || array_to_string(sync_settings.opportunity_types, ', ')
        ),
        (
            'sales_process_not_selected',
            judged.pipeline_id is null,
            judged.sales_process_name,
            case
                when judged.sales_process_id is null
                    then 'pipelines.without_record_type: ' || sync_settings.without_record_type
                else
                    'pipelines.sales_processes: '
                    || array_to_string(sync_settings.sales_processes, ', ')
            end
        )
    ) as reasons (reason, applies, value, setting)
where reasons.applies

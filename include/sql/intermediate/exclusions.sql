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
            judged.is_created_before_start_date,
            cast(judged.created_on as text),
            'start_date: ' || sync_settings.start_date
        ),
        (
            'probability_below_minimum',
            judged.is_probability_below_minimum,
            cast(judged.probability as text),
            'opportunity_minimums.probability: ' || sync_settings.minimum_probability
        ),
        (
            'amount_below_minimum',
            judged.is_amount_below_minimum,
            cast(judged.amount as text),
            'opportunity_minimums.amount: ' || sync_settings.minimum_amount
        ),
        (
            'type_not_selected',
            judged.is_type_not_selected,
            judged.opportunity_type,
            'opportunity_types: ' || array_to_string(sync_settings.opportunity_types, ', ')
        ),
        (
            'sales_process_not_selected',
            judged.is_sales_process_not_selected,
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

-- One row per opportunity that has a primary contact; of several, the role with the lowest Id.
with opportunity_contact_role as (
    select * from staging.opportunity_contact_role
    where not _is_deleted
),

contact as (
    select * from staging.contact
    where not _is_deleted
),

ranked as (
    select
        opportunity_contact_role.opportunity_id,
        opportunity_contact_role.contact_id,
        row_number() over (
            partition by opportunity_contact_role.opportunity_id
            order by opportunity_contact_role.id
        ) as choice
    from opportunity_contact_role
    inner join contact on opportunity_contact_role.contact_id = contact.id
    where opportunity_contact_role.is_primary
)

select
    opportunity_id,
    contact_id
from ranked
where choice = 1

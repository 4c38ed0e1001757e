-- One row per live order line (invoice_id, item_id): the latest valid version.
{{ config(
    unique_key=['invoice_id', 'item_id'],
    order_by=['replicated_at', '_source_modified_at', '_source_file', '_source_position', '_ingested_at'],
    write_ordered_by='invoice_id',
) }}

with

landed as (
    select * from {{ new_rows(ref('bronze_orders')) }}
),

checked as (
    {{ check_rows('landed', rules_of='silver_orders') }}
),

valid as (
    select * from checked where _is_valid
),

latest as (
    {{ latest_by_key('valid') }}
),

-- deletions that silver_orders_deleted has not seen yet, so that it need not run first
landed_deletions as (
    select * from {{ new_rows(ref('bronze_orders'), since=ref('silver_orders_deleted')) }} where op = 'D'
),

checked_deletions as (
    {{ check_rows('landed_deletions', rules_of='silver_orders') }}
),

deletions as (
    select
        invoice_id,
        item_id,
        replicated_at,
        _source_modified_at,
        _source_file,
        _source_position,
        _ingested_at
    from {{ pinned_rows(ref('silver_orders_deleted')) }}
    union all
    select
        invoice_id,
        item_id,
        replicated_at,
        _source_modified_at,
        _source_file,
        _source_position,
        _ingested_at
    from checked_deletions
    where _is_valid
),

final as (
    select
        latest.invoice_id,
        latest.item_id,
        latest.replicated_at,
        latest.category,
        latest.price,
        latest.quantity,
        latest.order_date,
        latest.destination_state,
        latest.shipping_type,
        latest.referral,
        latest._source_file,
        latest._source_modified_at,
        latest._source_position,
        latest._ingested_at,
        latest._op = 'D' as _is_deleted
    from latest
    left anti join deletions
        on
            latest.invoice_id = deletions.invoice_id
            and latest.item_id = deletions.item_id
            and {{ is_later('deletions', 'latest') }}
)

select * from final

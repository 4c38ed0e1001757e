-- One row per deleted order line: its key and the latest deletion's place in the order,
-- so that late rows cannot revive it.
{{ config(
    unique_key=['invoice_id', 'item_id'],
    order_by=['replicated_at', '_source_modified_at', '_source_file', '_source_position', '_ingested_at'],
    write_ordered_by='invoice_id',
) }}

with

landed as (
    select * from {{ new_rows(ref('bronze_orders')) }} where op = 'D'
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

final as (
    select
        invoice_id,
        item_id,
        replicated_at,
        _source_file,
        _source_modified_at,
        _source_position,
        _ingested_at
    from latest
)

select * from final

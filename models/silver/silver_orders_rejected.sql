-- One row per landed order row that breaks a rule: as it landed, where it came from, and every reason.
{{ config(unique_key=['_source_file', '_source_modified_at', '_source_size', '_source_position']) }}

with

landed as (
    select * from {{ new_rows(ref('bronze_orders')) }}
),

checked as (
    {{ check_rows('landed', rules_of='silver_orders') }}
),

final as (
    select
        _violations as reasons,
        _landed.op,
        _landed.replicadmstimestamp,
        _landed.invoiceid,
        _landed.itemid,
        _landed.category,
        _landed.price,
        _landed.quantity,
        _landed.orderdate,
        _landed.destinationstate,
        _landed.shippingtype,
        _landed.referral,
        _landed._rescued,
        _landed._source_file,
        _landed._source_modified_at,
        _landed._source_size,
        _landed._source_position,
        _landed._ingested_at,
        _landed._batch_id,
        cast(null as timestamp) as _redriven_at,
        cast(null as string) as _redriven_by
    from checked
    where not _is_valid
)

select * from final

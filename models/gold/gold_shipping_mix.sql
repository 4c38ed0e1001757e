-- One row per destination state and shipping type: how a state's items travel.
-- A share needs the whole state, so a state is recomputed at once.
{{ config(unique_key=['destination_state', 'shipping_type'], recompute_by='destination_state') }}

with

orders as (
    select * from {{ touched_rows(ref('silver_orders')) }}
),

totals as (
    select
        destination_state,
        shipping_type,
        count(*) as items,
        sum(quantity) as quantity,
        cast(sum(cast(price as decimal(18, 4)) * quantity) as decimal(38, 4)) as revenue
    from orders
    group by destination_state, shipping_type
),

final as (
    select
        *,
        round(items / sum(items) over (partition by destination_state), 6) as share_of_items
    from totals
)

select * from final

-- One row per order date and destination state: what was sold.
{{ config(unique_key=['order_date', 'destination_state']) }}

with

orders as (
    select * from {{ touched_rows(ref('silver_orders')) }}
),

totals as (
    select
        order_date,
        destination_state,
        count(distinct invoice_id) as orders,
        count(*) as items,
        sum(quantity) as quantity,
        cast(sum(cast(price as decimal(18, 4)) * quantity) as decimal(38, 4)) as revenue
    from orders
    group by order_date, destination_state
),

final as (
    select
        *,
        cast(revenue / orders as decimal(38, 4)) as average_order_value
    from totals
)

select * from final

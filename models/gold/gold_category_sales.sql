-- One row per category: what was sold of it.
{{ config(unique_key='category') }}

with

orders as (
    select * from {{ touched_rows(ref('silver_orders')) }}
),

final as (
    select
        category,
        count(distinct invoice_id) as orders,
        count(*) as items,
        sum(quantity) as quantity,
        cast(sum(cast(price as decimal(18, 4)) * quantity) as decimal(38, 4)) as revenue,
        cast(avg(cast(price as decimal(18, 4))) as decimal(18, 4)) as average_price
    from orders
    group by category
)

select * from final

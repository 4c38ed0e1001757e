{#-
    The latest row per key, by the `unique_key` and `order_by` of this model. The order is total, so the choice is the same in every
    run and no key comes twice. Yields the columns of `relation` and `_rank`.
-#}
{% macro latest_by_key(relation) %}
select *
from (
    select
        *,
        row_number() over (
            partition by {{ column_list('unique_key') | join(', ') }}
            order by {{ column_list('order_by') | join(' desc, ') }} desc
        ) as _rank
    from {{ relation }}
)
where _rank = 1
{%- endmacro %}

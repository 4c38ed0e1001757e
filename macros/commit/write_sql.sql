{#-
    Pure: the statement that writes a batch: an insert, an insert overwrite, or a merge.

    With `order_by` a row replaces, or a deletion removes, only what is earlier in that order, so a replay or a late row changes
    nothing. Without it a row replaces what differs from it. `ranges` narrow the target to where the batch's keys lie.
-#}
{% macro write_sql(write, relation, batch, unique_key, order_by) %}
    {%- if write != 'merge' %}
insert {{ 'overwrite' if write == 'overwrite' else 'into' }} {{ relation }}
select {{ batch.columns | join(', ') }}
from {{ batch.view }}
        {%- if batch.has_deletes %} where not _is_deleted {%- endif -%}
    {%- else %}
        {%- set changes = is_later('incoming', 'held') if order_by else _is_different(batch.columns | reject('in', unique_key) | list) %}
merge into {{ relation }} as held
using {{ batch.view }} as incoming
on {{ equal_columns('held', 'incoming', unique_key) }}
        {%- if batch.ranges %} and {{ range_predicate('held.' ~ unique_key[0], batch.ranges) }} {%- endif %}
        {%- if batch.has_deletes %}
when matched and incoming._is_deleted {{- ' and ' ~ changes if order_by }} then delete
        {%- endif %}
when matched and {{ changes }} then update set
        {%- for column in batch.columns %}
    held.{{ column }} = incoming.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
when not matched {{- ' and not incoming._is_deleted' if batch.has_deletes }} then
insert ({{ batch.columns | join(', ') }})
values (incoming.{{ batch.columns | join(', incoming.') }})
    {%- endif -%}
{% endmacro %}


{#- Pure: the incoming row differs from the held one. -#}
{% macro _is_different(columns) -%}
    not ({{ equal_columns('held', 'incoming', columns) if columns else 'true' }})
{%- endmacro %}

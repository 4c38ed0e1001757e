{#-
    Make the rows to commit available: {'view', 'columns': names, 'rows': count or none, 'has_deletes', 'is_cached', 'ranges'}.

    A batch to append or to overwrite with is written once, so it stays a view. A batch to merge is read several times (its bounds,
    the merge, the gate) and a merge must see the same rows each time, so it is cached, and Spark then knows its size. Where its keys lie is
    not asked of recomputed groups: they are anywhere, and never none.
-#}
{% macro prepare_batch(sql, relation, plan) %}
    {%- set batch = {
        'view': '`' ~ model.name ~ '__batch`', 'columns': contract_columns(model) | map(attribute='name') | list,
        'rows': none, 'has_deletes': '_is_deleted' in sql, 'ranges': [], 'is_cached': plan.write == 'merge',
    } -%}
    {%- if plan.write != 'merge' -%}
        {%- do run_statement('create or replace temporary view ' ~ batch.view ~ ' as ' ~ sql) -%}
    {%- else -%}
        {%- do batch.update({'view': cache_rows('batch', sql, plan)}) -%}
        {%- if plan.decisions.values() | selectattr('groups', 'defined') | list -%}
            {%- do _add_emptied_groups(batch, relation, plan) -%}
        {%- else -%}
            {%- do batch.update(key_bounds(batch.view, column_list('unique_key')[0])) -%}
        {%- endif -%}
    {%- endif -%}
    {%- do return(batch) -%}
{% endmacro %}


{#- Add a deletion for every row of a touched group that was not recomputed: its group became empty. -#}
{% macro _add_emptied_groups(batch, relation, plan) %}
    {%- for decision in plan.decisions.values() if decision.groups is defined -%}
        {%- set keys, held = column_list('unique_key'), model.name ~ '__held' -%}
        {%- do create_range_view(held, relation, {'kind': 'all', 'to': plan.parent}) -%}
        {%- set sql -%}
            select {{ batch.columns | join(', ') }}, false as _is_deleted from {{ batch.view }}
            union all
            select
                {%- for column in batch.columns %} {{ 'held.' ~ column if column in keys else 'null' }}, {% endfor -%}
                true
            from `{{ held }}` as held
            left semi join {{ decision.groups }} as touched on {{ equal_columns('held', 'touched', group_columns()) }}
            left anti join {{ batch.view }} as batch on {{ equal_columns('held', 'batch', keys) }}
        {%- endset -%}
        {%- do batch.update({'view': cache_rows('incoming', sql, plan), 'has_deletes': true}) -%}
    {%- endfor -%}
{% endmacro %}

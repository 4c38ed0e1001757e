{#-
    Make the rows to commit available: {'view', 'columns': names, 'rows': count or none, 'has_deletes', 'predicate'}.

    A batch to append or to overwrite with is written once, so it stays a view. A batch to merge is read several times (its bounds,
    the merge, the gate) and a merge must see the same rows each time, so it is cached, and Spark then knows its size.
-#}
{% macro prepare_batch(sql, relation, plan) %}
    {%- set batch = {'view': '`' ~ model.name ~ '__batch`', 'rows': none, 'predicate': none} -%}
    {%- do run_statement('create or replace temporary view ' ~ batch.view ~ ' as ' ~ sql) -%}
    {%- set columns = [] -%}
    {%- for row in run_query('describe table ' ~ batch.view) -%} {%- do columns.append(row[0] | lower) -%} {%- endfor -%}
    {%- set wanted = contract_columns(model) | map(attribute='name') | list -%}
    {%- set missing, unknown = wanted | reject('in', columns) | list, columns | reject('in', wanted + ['_is_deleted']) | list -%}
    {%- if missing or unknown -%}
        {{ exceptions.raise_compiler_error(model.name ~ ': its query and its yml disagree: '
            ~ ('not selected: ' ~ missing | join(', ') ~ '; ' if missing) ~ ('not in the yml: ' ~ unknown | join(', ') if unknown)) }}
    {%- endif -%}
    {%- do batch.update({'columns': wanted, 'has_deletes': '_is_deleted' in columns}) -%}
    {%- if plan.write == 'merge' -%} {%- do _cache_batch(batch, relation, plan) -%} {%- endif -%}
    {%- do return(batch) -%}
{% endmacro %}


{#- Cache the batch, add the groups that became empty as deletions, and find where its keys lie. -#}
{% macro _cache_batch(batch, relation, plan) %}
    {%- do run_statement('cache table ' ~ batch.view) -%}
    {%- for view, decision in plan.decisions.items() if decision.ranges is defined -%}
        {%- set incoming = '`' ~ model.name ~ '__incoming`' -%}
        {%- do run_statement('cache table ' ~ incoming ~ ' as ' ~ _with_emptied_groups(batch, as_of(relation, plan.parent), '`' ~ view ~ '__groups`')) -%}
        {%- do batch.update({'view': incoming, 'has_deletes': true}) -%}
    {%- endfor -%}
    {%- do batch.update(key_bounds(batch.view, column_list('unique_key')[0])) -%}
{% endmacro %}


{#- The batch, and a deletion for every row of a touched group that was not recomputed. -#}
{% macro _with_emptied_groups(batch, target, groups) %}
    {%- set keys = column_list('unique_key') -%}
    select {{ batch.columns | join(', ') }}, false as _is_deleted from {{ batch.view }}
    union all
    select
        {%- for column in batch.columns %}
        {{ 'held.' ~ column if column in keys else 'null' }},
        {%- endfor %}
        true
    from {{ target }} as held
    left semi join {{ groups }} as touched on {{ equal_columns('held', 'touched', group_columns()) }}
    left anti join {{ batch.view }} as batch on {{ equal_columns('held', 'batch', keys) }}
{% endmacro %}

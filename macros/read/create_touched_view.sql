{#-
    Make a view of all rows, as of the pin, of the groups that a change touched.

        keys     in the ranges that the input's commits read (decide_touched says why they bound the change)
        groups   of those keys' rows before and after: the group a row left is touched too
        rows     of those groups, as of the pin

    The groups stay cached as decision.groups, for the commit needs them again to remove the ones that became empty.
-#}
{% macro create_touched_view(read, decision, plan) %}
    {%- set relation = relation_of(read.node) -%}
    {%- set keys = config_list(read.node, 'unique_key') -%}
    {%- set groups = group_columns() -%}
    {%- set changed = _create_keys_view(read, decision, keys) -%}
    {%- set bounds = key_bounds(changed, keys[0]) -%}
    {%- set sides = [] -%}
    {%- for side in ['from', 'to'] -%}
        {%- do create_range_view(read.view ~ '__' ~ side, relation, {'kind': 'all', 'to': decision[side]}) -%}
        {%- do sides.append('select ' ~ groups | join(', ') ~ ' from `' ~ read.view ~ '__' ~ side ~ '` left semi join ' ~ changed
            ~ ' using (' ~ keys | join(', ') ~ ')' ~ (' where ' ~ range_predicate(keys[0], bounds.ranges) if bounds.ranges else '')) -%}
    {%- endfor -%}
    {%- do decision.update({'groups': cache_rows('groups', sides | join(' union '), plan)}) -%}
    {%- do run_statement('create or replace temporary view `' ~ read.view ~ '` as select input.* from `' ~ read.view ~ '__to` as input left semi join '
        ~ decision.groups ~ ' as touched on ' ~ equal_columns('input', 'touched', groups)) -%}
{% endmacro %}


{#- A view of the keys that the input's commits read: typed and not null. -#}
{% macro _create_keys_view(read, decision, keys) %}
    {%- set selects = [] -%}
    {%- for input, ranges in decision.ranges.items() -%}
        {%- for range in ranges -%}
            {%- set view = read.view ~ '__' ~ input ~ '_' ~ loop.index0 -%}
            {%- do create_range_view(view, relation_of(node_named(input)), dict(range, kind='range')) -%}
            {%- do selects.append('select ' ~ landed_keys(read.node) ~ ' from `' ~ view ~ '` as landed') -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set view = '`' ~ read.view ~ '__keys`' -%}
    {%- do run_statement('create or replace temporary view ' ~ view ~ ' as select * from (' ~ selects | join(' union all ')
        ~ ') where ' ~ keys | join(' is not null and ') ~ ' is not null') -%}
    {%- do return(view) -%}
{% endmacro %}


{#- The columns that make a group of this model. -#}
{% macro group_columns() %}
    {%- do return(column_list('recompute_by') or column_list('unique_key')) -%}
{% endmacro %}


{#- A config value of another node that is one column or a list of columns, as a list. -#}
{% macro config_list(node, setting) %}
    {%- set value = node.config.get(setting) or [] -%}
    {%- do return([value] if value is string else value | list) -%}
{% endmacro %}


{#- The graph node of a model by its name. -#}
{% macro node_named(name) %}
    {%- if graph.nodes is not defined -%}
        {{ exceptions.raise_compiler_error("dbt gives unit tests no graph; run `make setup`, whose dbt plugin does") }}
    {%- endif -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.name == name -%} {%- do return(node) -%} {%- endfor -%}
    {{ exceptions.raise_compiler_error("no model is named '" ~ name ~ "'; check the name") }}
{% endmacro %}

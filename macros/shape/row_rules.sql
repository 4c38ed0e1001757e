{#-
    All rules for rows of a model: [{'name', 'check': sql that is true when the row keeps the rule, 'is_for_deletions'}].

    A declared rule must be true to be kept: a missing price is not a price above zero. Rules and casts do not apply to a row that
    deletes, except for its key, its order, and rules that say `on_delete: true`. A key that cannot be cast breaks one rule, not two.
-#}
{% macro row_rules(node, columns) %}
    {%- set keys, order = config_list(node, 'unique_key'), config_list(node, 'order_by') -%}
    {%- set rules = [] -%}
    {%- for column in columns if column.type != 'string' -%}
        {%- set castable = column.name ~ " is not null or coalesce(trim(_landed." ~ column.meta.landed_as ~ "), '') = ''" -%}
        {%- do rules.append({'name': column.name ~ '_castable', 'check': castable if column.name in keys + order else "_op <=> 'D' or " ~ castable, 'is_for_deletions': column.name in keys + order}) -%}
    {%- endfor -%}
    {%- for key in keys -%}
        {%- set column = columns | selectattr('name', 'equalto', key) | first -%}
        {%- do rules.append({'name': key ~ '_not_null', 'check': "coalesce(trim(_landed." ~ column.meta.landed_as ~ "), '') <> ''", 'is_for_deletions': true}) -%}
    {%- endfor -%}
    {%- for rule in node.config.meta.get('rules', []) -%}
        {%- set kept = 'coalesce(' ~ rule.check ~ ', false)' -%}
        {%- do rules.append({'name': rule.name, 'check': kept if rule.get('on_delete') else "_op <=> 'D' or " ~ kept, 'is_for_deletions': rule.get('on_delete', false)}) -%}
    {%- endfor -%}
    {%- do return(rules) -%}
{% endmacro %}


{#- Refuse a query whose columns are not those of the contract, before the table is touched. -#}
{% macro check_contract(sql, node) %}
    {%- set view = '`' ~ node.name ~ '__contract`' -%}
    {%- do run_statement('create or replace temporary view ' ~ view ~ ' as ' ~ sql) -%}
    {%- set selected = [] -%}
    {%- for row in run_query('describe table ' ~ view) -%} {%- do selected.append(row[0] | lower) -%} {%- endfor -%}
    {%- set wanted = contract_columns(node) | map(attribute='name') | list -%}
    {%- set missing, unknown = wanted | reject('in', selected) | list, selected | reject('in', wanted + ['_is_deleted']) | list -%}
    {%- if missing or unknown -%}
        {{ exceptions.raise_compiler_error(node.name ~ ': its query and its yml disagree: '
            ~ ('not selected: ' ~ missing | join(', ') ~ '; ' if missing) ~ ('not in the yml: ' ~ unknown | join(', ') if unknown)) }}
    {%- endif -%}
{% endmacro %}

{#- DDL of a model's table: columns and comments from the contract, layout from its config. -#}
{% macro create_table_sql(relation, node, columns) %}
    {%- set partition_by = config.get('partition_by') -%}
    {%- set properties = config.get('tblproperties') or {} -%}
create table if not exists {{ relation }} (
    {%- for column in columns %}
    {{ column.name }} {{ column.type }} comment {{ text_literal(column.description) }}{{ ',' if not loop.last }}
    {%- endfor %}
)
using iceberg
    {%- if partition_by %}
partitioned by ({{ ([partition_by] if partition_by is string else partition_by) | join(', ') }})
    {%- endif %}
comment {{ text_literal(node.description | trim) }}
tblproperties (
    {%- for name, value in properties.items() %}
    {{ text_literal(name) }} = {{ text_literal(value) }}{{ ',' if not loop.last }}
    {%- endfor %}
)
{% endmacro %}

{#- Pure: a row of one alias is later than a row of another in this model's order. -#}
{% macro is_later(left, right) -%}
    {%- set order_by = column_list('order_by') -%}
    struct({{ left }}.{{ order_by | join(', ' ~ left ~ '.') }}) > struct({{ right }}.{{ order_by | join(', ' ~ right ~ '.') }})
{%- endmacro %}

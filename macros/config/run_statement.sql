{#- Run a statement that returns no rows. (run_query fails on those over a Thrift connection.) -#}
{% macro run_statement(sql) %}
    {%- call statement('run_statement', fetch_result=false, auto_begin=false) -%}
        {{ sql }}
    {%- endcall -%}
{% endmacro %}

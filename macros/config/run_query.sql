{#-
    Run a statement and return its rows, or none for a statement that has none.

    Replaces dbt's own, which fetches whatever it runs: over a Thrift connection that fails for a statement without rows, which
    dbt itself sends when it runs a unit test.
-#}
{% macro run_query(sql) %}
    {%- if modules.re.match('(create|drop|alter|insert|merge)\\b', sql | trim | lower) -%}
        {%- do run_statement(sql) -%}
        {%- do return(none) -%}
    {%- endif -%}
    {%- call statement('run_query', fetch_result=true, auto_begin=false) -%} {{ sql }} {%- endcall -%}
    {%- do return(load_result('run_query').table) -%}
{% endmacro %}

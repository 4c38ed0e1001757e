{#-
    Cache the rows of a query under a name of this attempt: {'view': quoted name}. Freed by drop_temporary. The name is the attempt's
    own, so nothing that an earlier, interrupted run left in the session can be taken for it.
-#}
{% macro cache_rows(name, sql, plan) %}
    {%- set view = '`' ~ model.name ~ '__' ~ name ~ '_' ~ plan.attempt ~ '`' -%}
    {%- do run_statement('cache table ' ~ view ~ ' as ' ~ sql) -%}
    {%- do plan.temporary.insert(0, 'uncache table if exists ' ~ view) -%}
    {%- do return(view) -%}
{% endmacro %}


{#- Free what this attempt kept in the session, the dependent rows first (else Spark would plan those anew). -#}
{% macro drop_temporary(plan) %}
    {%- for sql in plan.temporary -%} {%- do run_statement(sql) -%} {%- endfor -%}
{% endmacro %}

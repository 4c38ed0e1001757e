{#-
    Pure: when a row fails a test that looks at single rows, as a SQL condition; none for any other test.

    Such tests are counted together in one pass; the rest run as dbt would run them.
-#}
{% macro row_condition(test) %}
    {%- set arguments = test.test_metadata.kwargs -%}
    {%- if test.config.fail_calc != 'count(*)' or test.config.limit or test.test_metadata.namespace -%} {%- do return(none) -%} {%- endif -%}
    {%- if test.test_metadata.name == 'not_null' -%} {%- set fails = arguments.column_name ~ ' is null' -%}
    {%- elif test.test_metadata.name == 'is_true' -%} {%- set fails = 'not coalesce(' ~ arguments.expression ~ ', false)' -%}
    {%- else -%} {%- do return(none) -%}
    {%- endif -%}
    {%- do return('(' ~ test.config.where ~ ') and (' ~ fails ~ ')' if test.config.where else fails) -%}
{% endmacro %}

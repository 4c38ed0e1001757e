{#-
    A place where a test may end or hold the run, to prove that nothing is lost there. Costs nothing and does nothing unless
    MEDALLION_FAIL_POINT names it (runner/fail_points.py has the names, in the order of the protocol).
-#}
{% macro fail_point(point) %}
    {%- if env_var('MEDALLION_FAIL_POINT', '') -%} {%- do adapter.reach_fail_point(point, model.name if model is defined else '') -%} {%- endif -%}
{% endmacro %}

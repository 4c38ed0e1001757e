{#-
    Make the views that the model reads, and see that query, contract and table fit one another; while the code is the one of the
    last commit that is known. A table without a commit gets its order of writing here, so that a run that ended before this is mended.

    A refusal comes before the table is altered.
-#}
{% macro fit_table(sql, relation, reads, plan, is_new) %}
    {%- set alterations = [] if is_new or plan.is_proven else find_alterations(relation, model) -%}
    {%- if plan.mode != 'idle' or not plan.is_proven -%} {%- do create_read_views(reads, plan) -%} {%- endif -%}
    {%- if not plan.is_proven -%} {%- do check_contract(sql, model) -%} {%- endif -%}
    {%- if plan.parent is none and config.get('write_ordered_by') -%}
        {%- do alterations.append('write locally ordered by ' ~ config.get('write_ordered_by')) -%}
    {%- endif -%}
    {%- for alteration in alterations -%} {%- do run_statement('alter table ' ~ relation ~ ' ' ~ alteration) -%} {%- endfor -%}
{% endmacro %}

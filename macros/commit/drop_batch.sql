{#- Free what a run of a model kept in the session: cached rows, temporary views, tables over raw files. -#}
{% macro drop_batch(batch, reads, plan) %}
    {%- if plan.write == 'merge' -%} {%- do run_statement('uncache table if exists `' ~ model.name ~ '__batch`') -%} {%- endif -%}
    {%- for read in reads -%}
        {%- if read.kind == 'touched' and plan.decisions[read.view].ranges is defined -%}
            {%- for part in ['__keys', '__groups'] -%} {%- do run_statement('uncache table if exists `' ~ read.view ~ part ~ '`') -%} {%- endfor -%}
            {%- do run_statement('uncache table if exists `' ~ model.name ~ '__incoming`') -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}

{#- Make the temporary views that the model's text names, each reading exactly what the plan decided. -#}
{% macro create_read_views(reads, plan) %}
    {%- for read in reads -%}
        {%- set decision = plan.decisions[read.view] -%}
        {%- if read.kind == 'files' -%}
            {%- do create_files_view(read, plan.files[read.view], plan) -%}
        {%- elif read.kind == 'touched' and decision.kind == 'range' -%}
            {%- do create_touched_view(read, decision, plan) -%}
        {%- elif plan.replay and plan.replay.get('rejected') and is_trigger(read) -%}
            {%- do create_redriven_view(read, decision, plan.replay.rejected) -%}
        {%- else -%}
            {%- do create_range_view(read.view, relation_of(read.node), decision) -%}
            {#- the rows judged again are groups of one row each: what the query does not give any more is taken back -#}
            {%- if plan.is_judged_again and is_trigger(read) and keeps_landed_rows(model) -%} {%- do decision.update({'groups': '`' ~ read.view ~ '`'}) -%} {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}

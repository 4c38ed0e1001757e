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
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}

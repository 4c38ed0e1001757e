{#-
    Carry out the steps of `medallion maintain` for one table, and say of each what came of it: `maintained <json>`.

    steps: [{'does', 'sql'}], or {'does', 'model', 'before'} to forget deletions. A compaction must never be staged as somebody's batch.
-#}
{% macro maintain_table(steps) %}
    {%- do run_statement('reset spark.wap.id') -%}
    {%- for step in steps -%}
        {%- set result = {} -%}
        {%- if step.model is defined -%}
            {%- do forget_deletions(step.model, step.before) -%}
        {%- else -%}
            {%- set rows = run_query(step.sql) -%}
            {%- for column in (rows.column_names if rows else []) -%}
                {%- do result.update({column: rows.rows | map(attribute=column) | map('string') | list}) -%}
            {%- endfor -%}
        {%- endif -%}
        {%- do log('maintained ' ~ tojson({'does': step.does, 'result': result}), info=true) -%}
    {%- endfor -%}
{% endmacro %}


{#- Remove the remembered deletions that came in before a time. A row older than one of them, should it still arrive, revives its key. -#}
{% macro forget_deletions(model_name, before) %}
    {%- set node = node_named(model_name) -%}
    {%- set keys = config_list(node, 'unique_key') -%}
    {%- do amend_table(node, 'purge', 'using (select ' ~ keys | join(', ') ~ ' from ' ~ relation_of(node) ~ " where _ingested_at < timestamp '" ~ before
        ~ "') as old on " ~ equal_columns('held', 'old', keys) ~ " when matched and held._ingested_at < timestamp '" ~ before ~ "' then delete") -%}
{% endmacro %}

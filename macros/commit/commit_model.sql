{#-
    Commit what is new to a model, and try again as a whole (pin, range, stage, gate, publish) when another commit is known to have
    won. A failure whose outcome is not known is never tried again here: the next run's pin tells.

    is_new: the table was made by this run. Returns {'message', 'code', 'rows', 'sql'} for dbt's results.
-#}
{% macro commit_model(sql, relation, is_new) %}
    {%- set attempts = 3 -%}
    {%- for number in range(1, attempts + 1) -%}
        {%- if number > 1 -%} {%- do adapter.wait_before_attempt(number) -%} {%- endif -%}
        {%- set commit = _attempt_commit(sql, relation, is_new) -%}
        {%- if not commit.lost -%} {%- do return(commit) -%} {%- endif -%}
        {%- do log(lost_race(relation) ~ ' (attempt ' ~ number ~ ' of ' ~ attempts ~ ': ' ~ commit.lost ~ ')') -%}
    {%- endfor -%}
    {{ exceptions.raise_compiler_error(lost_race(relation) ~ ' (' ~ attempts ~ ' attempts)') }}
{% endmacro %}


{#- One attempt: what it committed, or {'lost': why} when another commit won. Nothing of it outlives it but a staged snapshot. -#}
{% macro _attempt_commit(sql, relation, is_new) %}
    {%- set code = code_version(sql, model) -%}
    {%- set reads = plan_reads(model.name, sql, model_dependencies(model)) -%}
    {%- do fail_point('before_pin') -%}
    {%- set plan = pin_inputs(relation, reads) -%}
    {%- do fail_point('after_pin') -%}
    {%- do plan.update({'is_proven': plan.code == code, 'code': code}) -%}
    {%- do fit_table(sql, relation, reads, plan, is_new) -%}
    {%- set batch = prepare_batch(sql, relation, plan) if plan.mode != 'idle' else none -%}
    {%- set staged = stage_files(batch, relation, plan) if plan.mode != 'idle' else {'is_idle': true} -%}
    {%- if staged.is_idle -%}
        {%- do drop_temporary(plan) -%}
        {%- do return({'message': 'no new data', 'code': 'IDLE', 'rows': 0, 'sql': sql}) -%}
    {%- endif -%}
    {%- set refusal = none if staged.lost else run_gate(relation, batch, staged) -%}
    {%- do drop_temporary(plan) -%}
    {%- if refusal -%} {{ exceptions.raise_compiler_error(refusal) }} {%- endif -%}
    {%- do fail_point('after_gate') -%}
    {%- set lost = staged.lost or publish_snapshot(relation, staged, plan.parent) -%}
    {%- do fail_point('after_publish') -%}
    {%- do return({'lost': lost, 'message': staged.message, 'code': staged.write | upper, 'rows': staged.rows, 'sql': staged.sql}) -%}
{% endmacro %}


{#- Pure: what to say when another commit won. -#}
{% macro lost_race(relation) -%}
    {{ model.name if model is defined else relation }}: another run committed to {{ relation }} meanwhile; nothing was published and nothing is lost. Run the same command again
{%- endmacro %}

{#-
    The materialization of every layer: a model's data, its checkpoint and its quality gate are one Iceberg commit.

        pin      the heads of the model and of all its inputs, in one statement
        range    decide from them what to read; nothing new commits nothing
        stage    write with the checkpoint as `spark.wap.id`: a snapshot that no reader sees
        gate     run the model's own tests; a failing one stops here
        publish  fast-forward `main` to the staged snapshot, a compare-and-swap

    Replaces dbt-spark's own `incremental`. Config: incremental_strategy (append, merge), unique_key, order_by (a row is only
    replaced by a later one), recompute_by, partition_by, write_ordered_by, tblproperties.
-#}
{% materialization incremental, adapter='spark', supported_languages=['sql'] %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- do check_model(model) -%}
    {{ run_hooks(pre_hooks) }}
    {%- set code = code_version(sql, model) -%}
    {%- set created = create_missing_table(target_relation, model) -%}

    {%- set reads = plan_reads(model.name, sql, model_dependencies(model)) -%}
    {%- set plan = pin_inputs(target_relation, reads) -%}
    {%- set is_proven = plan.code == code -%}
    {%- set alterations = [] if created or is_proven else find_alterations(target_relation, model) -%}
    {%- if plan.mode != 'idle' or not is_proven -%} {%- do create_read_views(reads, plan) -%} {%- endif -%}
    {%- if not is_proven -%} {%- do check_contract(sql, model) -%} {%- endif -%}
    {%- for alteration in alterations -%} {%- do run_statement('alter table ' ~ target_relation ~ ' ' ~ alteration) -%} {%- endfor -%}

    {%- if plan.mode == 'idle' -%}
        {%- do drop_temporary(plan) -%}
        {%- call noop_statement('main', 'no new data', 'IDLE', 0) -%} {{ sql }} {%- endcall -%}
    {%- else -%}
        {%- do plan.update({'code': code}) -%}
        {%- set batch = prepare_batch(sql, target_relation, plan) -%}
        {%- set staged = stage_batch(batch, target_relation, plan) -%}
        {%- set refusal = run_gate(target_relation, batch, staged) -%}
        {%- do drop_temporary(plan) -%}
        {%- if refusal -%} {{ exceptions.raise_compiler_error(refusal) }} {%- endif -%}
        {%- do publish_snapshot(target_relation, staged, plan.parent) -%}
        {%- call noop_statement('main', staged.message, staged.write | upper, staged.rows) -%} {{ staged.sql }} {%- endcall -%}
    {%- endif -%}

    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

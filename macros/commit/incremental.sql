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
    {%- set commit = commit_model(sql, target_relation, create_missing_table(target_relation, model)) -%}
    {%- call noop_statement('main', commit.message, commit.code, commit.rows) -%} {{ commit.sql }} {%- endcall -%}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

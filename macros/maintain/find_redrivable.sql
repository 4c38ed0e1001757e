{#-
    Say which rejected rows keep the rules of their model as these are now: `redrivable <json>` with their number and the bronze
    batches they came in. For `medallion redrive`.
-#}
{% macro find_redrivable(model_name, rejected) %}
    {%- set batches, total = [], namespace(rows=0) -%}
    {%- for row in run_query('select _batch_id, count(*) as held from (' ~ redrivable_rows(model_name, rejected) ~ ') group by _batch_id') -%}
        {%- do batches.append(row['_batch_id']) -%} {%- set total.rows = total.rows + row['held'] -%}
    {%- endfor -%}
    {%- do log('redrivable ' ~ tojson({'rows': total.rows | int, 'batches': batches}), info=true) -%}
{% endmacro %}


{#- The rows that a model keeps as rejected, were not redriven, and keep the rules as these are now: their key and their batch. -#}
{% macro redrivable_rows(model_name, rejected) -%}
    {%- set node = node_named(rejected) -%}
    select {{ config_list(node, 'unique_key') | join(', ') }}, _batch_id
    from (
        select *, _landed._source_size as _source_size, _landed._batch_id as _batch_id
        from (with held as (select * from {{ relation_of(node) }} where _redriven_at is null) {{ check_rows('held', rules_of=model_name) }})
    )
    where _is_valid
{%- endmacro %}


{#- Note in the rejected table which rows were moved on, when and by which run. -#}
{% macro mark_redriven(model_name, rejected) %}
    {%- set node = node_named(rejected) -%}
    {%- set now = modules.datetime.datetime.now(modules.pytz.utc).strftime('%Y-%m-%d %H:%M:%S.%f') -%}
    {%- do amend_table(node, 'redrive', 'using (' ~ redrivable_rows(model_name, rejected) ~ ') as moved on '
        ~ equal_columns('held', 'moved', config_list(node, 'unique_key')) ~ " when matched and held._redriven_at is null then update set held._redriven_at = timestamp '"
        ~ now ~ "', held._redriven_by = '" ~ invocation_id ~ "'") -%}
{% endmacro %}

{#-
    Say which rejected rows keep the rules of their model as these are now: `redrivable <json>` with their number by the bronze batch they came
    in, and `since`, the last redrive that the model's table holds. For `medallion redrive`.
-#}
{% macro find_redrivable(model_name, rejected) %}
    {%- set since = last_redrive(model_name) -%}
    {%- set batches = {} -%}
    {%- for row in run_query('select _batch_id, count(*) as held from (' ~ redrivable_rows(model_name, rejected, since) ~ ') group by _batch_id') -%}
        {%- do batches.update({row['_batch_id']: row['held'] | int}) -%}
    {%- endfor -%}
    {%- do log('redrivable ' ~ tojson({'batches': batches, 'since': since}), info=true) -%}
{% endmacro %}


{#- Since when redriven rows may be missing in a model's table: its last redrive, or when it was rebuilt, which took in all that was valid. -#}
{% macro last_redrive(model_name) %}
    {%- set document = find_checkpoint(list_ancestors(read_lineages({model_name: relation_of(node_named(model_name))})[model_name])).document -%}
    {%- do return([(document or {}).get('redriven') or '', (document or {}).get('rebuilt') or ''] | max) -%}
{% endmacro %}


{#- The rows that a model keeps as rejected, are not redriven (or only since `since`), and keep the rules as these are now: their key and batch. -#}
{% macro redrivable_rows(model_name, rejected, since) -%}
    {%- set node = node_named(rejected) -%}
    {%- set is_open = '_redriven_at is null' ~ (' or _redriven_at > timestamp ' ~ text_literal(since) if since else ' or true') -%}
    select {{ config_list(node, 'unique_key') | join(', ') }}, _batch_id
    from (
        select *, _landed._source_size as _source_size, _landed._batch_id as _batch_id
        from (with held as (select * from {{ relation_of(node) }} where {{ is_open }}) {{ check_rows('held', rules_of=model_name) }})
    )
    where _is_valid
{%- endmacro %}


{#-
    Note in the rejected table which rows were moved on, when and by which run.

    moved: {'batches': those whose rows were moved, 'since': from find_redrivable, 'at': the time under which the moving commits know this
    redrive (UTC), 'by': their run}.
-#}
{% macro mark_redriven(model_name, rejected, moved) %}
    {%- set node = node_named(rejected) -%}
    {%- set batches = [] -%}
    {%- for batch in moved.batches -%} {%- do batches.append(text_literal(batch)) -%} {%- endfor -%}
    {%- set rows = 'select * from (' ~ redrivable_rows(model_name, rejected, moved.since) ~ ') where _batch_id in (' ~ batches | join(', ') ~ ')' -%}
    {%- do amend_table(node, 'redrive', 'using (' ~ rows ~ ') as moved on ' ~ equal_columns('held', 'moved', config_list(node, 'unique_key'))
        ~ ' when matched then update set held._redriven_at = timestamp ' ~ text_literal(moved.at) ~ ', held._redriven_by = ' ~ text_literal(moved.by), moved.at) -%}
{% endmacro %}

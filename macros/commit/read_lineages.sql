{#-
    Read the history of several tables in one statement.

    relations: {name: relation}
    Returns {name: {'head': snapshot id or none, 'snapshots': {id: snapshot}}}, a snapshot being {'id', 'parent', 'operation',
    'wap_id', 'committed_at'}; ids are strings, for 64 bits do not survive JSON. `head` is where `main` points.
-#}
{% macro read_lineages(relations) %}
    {%- set lineages = {} -%}
    {%- set sql -%}
        {%- for name, relation in relations.items() %}
        select
            {{ text_literal(name) }} as name, cast(snapshot_id as string) as id, cast(parent_id as string) as parent,
            operation, summary['wap.id'] as wap_id, cast(committed_at as string) as committed_at
        from {{ relation }}.snapshots
        union all
        select {{ text_literal(name) }}, cast(snapshot_id as string), null, 'main', null, null
        from {{ relation }}.refs where name = 'main'
        {%- if not loop.last %} union all {% endif -%}
        {%- endfor %}
    {%- endset -%}
    {%- for name in relations -%} {%- do lineages.update({name: {'head': none, 'snapshots': {}}}) -%} {%- endfor -%}
    {%- for row in (run_query(sql) if relations else []) -%}
        {%- if row['operation'] == 'main' -%}
            {%- do lineages[row['name']].update({'head': row['id']}) -%}
        {%- else -%}
            {%- do lineages[row['name']].snapshots.update({row['id']: {
                'id': row['id'], 'parent': row['parent'], 'operation': row['operation'],
                'wap_id': row['wap_id'], 'committed_at': row['committed_at'],
            }}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(lineages) -%}
{% endmacro %}

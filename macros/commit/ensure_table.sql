{#-
    Create the model's table from its contract, or bring an existing one up to it: new columns are added, types are
    widened, comments follow the yml. A narrowing change is refused before anything is read or written.
-#}
{% macro ensure_table(relation, node) %}
    {%- set wanted = contract_columns(node) -%}
    {%- if load_cached_relation(relation) is none -%}
        {%- do run_statement(create_table_sql(relation, node, wanted)) -%}
        {%- if config.get('write_ordered_by') -%}
            {%- do run_statement('alter table ' ~ relation ~ ' write ordered by ' ~ config.get('write_ordered_by')) -%}
        {%- endif -%}
    {%- else -%}
        {%- set change = decide_schema_change(wanted, _actual_columns(relation)) -%}
        {%- if change.refused -%}
            {{ exceptions.raise_compiler_error(node.name ~ ': the contract no longer fits ' ~ relation ~ ': ' ~ change.refused | join('; ')) }}
        {%- endif -%}
        {%- for alteration in change.alterations -%}
            {%- do run_statement('alter table ' ~ relation ~ ' ' ~ alteration) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}


{#- [{'name', 'type', 'description'}] as the table has them now. -#}
{% macro _actual_columns(relation) %}
    {%- set columns = [] -%}
    {%- set reading = namespace(columns=true) -%}
    {%- for row in run_query('describe table ' ~ relation) -%}
        {%- if not row[0] or row[0].startswith('#') -%} {%- set reading.columns = false -%} {%- endif -%}
        {%- if reading.columns -%}
            {%- do columns.append({'name': row[0] | lower, 'type': row[1] | lower, 'description': row[2] or ''}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(columns) -%}
{% endmacro %}

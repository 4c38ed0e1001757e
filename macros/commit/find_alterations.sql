{#-
    What brings a table up to its contract: the rest of each ALTER TABLE. New columns are added, types are widened, comments follow
    the yml. A narrowing change is refused before anything is read, altered or written.
-#}
{% macro find_alterations(relation, node) %}
    {%- set change = decide_schema_change(contract_columns(node), _actual_columns(relation)) -%}
    {%- if change.refused -%}
        {{ exceptions.raise_compiler_error(node.name ~ ': the contract no longer fits ' ~ relation ~ ': ' ~ change.refused | join('; ')) }}
    {%- endif -%}
    {%- do return(change.alterations) -%}
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

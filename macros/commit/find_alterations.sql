{#-
    What brings a table up to its contract: the rest of each ALTER TABLE. New columns are added, types are widened, comments follow
    the yml. A narrowing change is refused before anything is read, altered or written.
-#}
{% macro find_alterations(relation, node) %}
    {%- set change = decide_schema_change(contract_columns(node), describe_columns(relation)) -%}
    {%- if change.refused -%}
        {{ exceptions.raise_compiler_error(node.name ~ ': the contract no longer fits ' ~ relation ~ ': ' ~ change.refused | join('; ')) }}
    {%- endif -%}
    {%- do return(change.alterations) -%}
{% endmacro %}

{#-
    Type landed rows by a silver model's contract, and say of each row which of the model's rules it breaks.

    relation: a CTE or table of landed rows. rules_of: the name of the model whose yml holds the types and the rules.
    Yields that model's columns (cast strictly; a blank is null), `_op`, the origin columns, `_landed` (a struct of the row as it
    landed), `_is_valid`, and `_violations` (array of rule names, empty when the row is valid; costs nothing where it is not used).

    In the model's yml a column says `landed_as`, its column in bronze; the model's meta says `operation_column` and `rules`. Three
    kinds of rules come from the contract itself: <column>_castable, <key>_not_null and line_well_formed. A row that deletes needs
    only what says which row and when: its key and its order; nothing else is checked.

    Spark would put a copy of each cast into the filter by `_is_valid`, for every rule that asks for it. It leaves alone what depends on
    an expression that is not deterministic, so there is one (docs/decisions/0007-strict-casts.md).
-#}
{% macro check_rows(relation, rules_of) %}
    {%- if not execute -%} {%- do return('select * from ' ~ relation) -%} {%- endif -%}
    {%- set node = node_named(rules_of) -%}
    {%- set columns = landed_columns(node) -%}
    {%- if not is_traceable(node) -%}
        {{ exceptions.raise_compiler_error(rules_of ~ ': it needs a unique_key, and every column of it `landed_as` in its yml: the column in bronze that it comes from') }}
    {%- endif -%}
    {%- set rules = row_rules(node, columns) -%}
    {%- set origin = origin_column_names() | join(', ') -%}
    {%- set well_formed = "(_landed._rescued is null or not startswith(_landed._rescued, " ~ text_literal('{"_malformed":') ~ "))" -%}
select
    {{ columns | map(attribute='name') | join(', ') }}, _op, {{ origin }}, _landed,
    _cast_once >= 0 and {{ well_formed }}
    {%- for rule in rules %}
    and ({{ rule.check }})
    {%- endfor %} as _is_valid,
    if({{ well_formed }}, array_compact(array(
        {%- for rule in rules %}
        if({{ rule.check }}, null, {{ text_literal(rule.name) }}){{ ',' if not loop.last }}
        {%- endfor %}
    )), array('line_well_formed')) as _violations -- nothing else can be said of a malformed line
from (
    select
        {%- for column in columns %}
        {{ cast_landed(column, relation) }} as {{ column.name }},
        {%- endfor %}
        {{ relation }}.{{ node.config.meta.operation_column }} as _op,
        {% for column in origin_column_names() -%}
        {{ relation }}.{{ column }},
        {% endfor -%}
        struct({{ relation }}.*) as _landed,
        monotonically_increasing_id() as _cast_once
    from {{ relation }}
)
{%- endmacro %}


{#- The columns of a model that come from a landed one. -#}
{% macro landed_columns(node) %}
    {%- set columns = [] -%}
    {%- for column in contract_columns(node) if column.meta.get('landed_as') -%} {%- do columns.append(column) -%} {%- endfor -%}
    {%- do return(columns) -%}
{% endmacro %}


{#- Where a landed row came from, in the order that ranks rows of equal source time; the last one tells apart two versions of one file. -#}
{% macro origin_column_names() %}
    {%- do return(['_source_modified_at', '_source_file', '_source_position', '_ingested_at']) -%}
{% endmacro %}


{#- Pure: the strict cast of a landed text; what does not fit its type, or is blank, is null, never a truncated value. -#}
{% macro cast_landed(column, relation) -%}
    {%- set landed = relation ~ '.' ~ column.meta.landed_as -%}
    {{ landed if column.type == 'string' else 'try_cast(' ~ landed ~ ' as ' ~ column.type ~ ')' }}
{%- endmacro %}


{#- Pure: a model's key can be typed out of the rows it was made from, so that what it read says which keys may have changed. -#}
{% macro is_traceable(node) %}
    {%- set landed = landed_columns(node) | map(attribute='name') | list -%}
    {%- set keys = config_list(node, 'unique_key') -%}
    {%- do return(keys | length > 0 and not keys | reject('in', landed) | list) -%}
{% endmacro %}


{#- The select list that types the key of a model out of landed rows. -#}
{% macro landed_keys(node) -%}
    {%- set keys = config_list(node, 'unique_key') -%}
    {%- set expressions = [] -%}
    {%- for column in landed_columns(node) if column.name in keys -%}
        {%- do expressions.append(cast_landed(column, 'landed') ~ ' as ' ~ column.name) -%}
    {%- endfor -%}
    {{ expressions | join(', ') }}
{%- endmacro %}

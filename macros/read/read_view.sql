{#-
    The name of the temporary view through which a model reads one input. Models only name views; the materialization pins
    the inputs, then makes the views. So the text of a model is the same in every run, and an input is pinned exactly once.

    kind: files (a source's new files), new (an append-only input's new rows), touched (rows of touched groups), pinned (all rows
    as of the pin). A relation that stands for a unit test's fixture is returned as it is.
-#}
{% macro read_view(kind, relation, since=none) %}
    {%- if relation.is_cte -%} {%- do return(relation) -%} {%- endif -%}
    {%- do return('`' ~ read_view_name(model.name, kind, relation.schema, relation.identifier, since.schema ~ '__' ~ since.identifier if since else none) ~ '`') -%}
{% endmacro %}


{#- Pure: <model>__<kind>__<schema>__<table>[__since__<schema>__<table>] -#}
{% macro read_view_name(model_name, kind, schema, identifier, since=none) -%}
    {%- do return([model_name, kind, schema, identifier, 'since' if since else '', since or ''] | reject('equalto', '') | join('__')) -%}
{%- endmacro %}

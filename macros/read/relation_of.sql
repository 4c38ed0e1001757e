{#- The relation of a graph node. -#}
{% macro relation_of(node) %}
    {%- do return(api.Relation.create(schema=node.schema, identifier=node.alias)) -%}
{% endmacro %}

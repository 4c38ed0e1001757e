{#- The graph nodes a model reads: sources and models. -#}
{% macro model_dependencies(node) %}
    {%- set nodes = [] -%}
    {%- for id in node.depends_on.nodes -%}
        {%- do nodes.append(graph.sources[id] if id in graph.sources else graph.nodes[id]) -%}
    {%- endfor -%}
    {%- do return(nodes) -%}
{% endmacro %}

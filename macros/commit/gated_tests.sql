{#- Pure: the generic tests of a model that its gate runs, out of all graph nodes. -#}
{% macro gated_tests(unique_id, nodes) %}
    {%- set tests = [] -%}
    {%- for node in nodes if node.resource_type == 'test' and node.attached_node == unique_id and node.test_metadata -%}
        {%- if node.config.enabled and gate_scope(node) != 'off' -%} {%- do tests.append(node) -%} {%- endif -%}
    {%- endfor -%}
    {%- do return(tests) -%}
{% endmacro %}


{#- Pure: what a test is run against in the gate: batch, table or off. -#}
{% macro gate_scope(test) %}
    {%- set declared = (test.config.meta or {}).get('gate') -%}
    {%- if declared and declared not in ['batch', 'table', 'off'] -%}
        {{ exceptions.raise_compiler_error('test ' ~ test.name ~ ": meta.gate is '" ~ declared ~ "'; use batch, table or off") }}
    {%- endif -%}
    {%- do return(declared or ('batch' if test.column_name else 'table')) -%}
{% endmacro %}

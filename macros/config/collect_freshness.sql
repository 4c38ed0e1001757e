{#- `dbt source freshness`: a source is as fresh as its newest file. Replaces dbt's own macro, which would query a table. -#}
{% macro collect_freshness(source, loaded_at_field, filter) %}
    {%- for node in graph.sources.values() if node.schema == source.schema and node.identifier == source.identifier -%}
        {%- do run_statement("create or replace temporary view `" ~ node.name ~ "__freshness` using binaryFile options (path "
            ~ text_literal(source_path(node)) ~ ", recursiveFileLookup 'true')") -%}
        {%- call statement('collect_freshness', fetch_result=true, auto_begin=false) -%}
            select max({{ loaded_at_field }}) as max_loaded_at, current_timestamp() as snapshotted_at
            from `{{ node.name }}__freshness`
            {%- if filter %} where {{ filter }} {%- endif %}
        {%- endcall -%}
        {%- do return(load_result('collect_freshness')) -%}
    {%- endfor -%}
{% endmacro %}

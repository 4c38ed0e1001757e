{#- Refuse a model that cannot keep the protocol's promises, before anything is touched. -#}
{% macro check_model(node) %}
    {%- set strategy = config.get('incremental_strategy') -%}
    {%- if config.get('file_format') != 'iceberg' -%}
        {{ exceptions.raise_compiler_error(node.name ~ ": file_format must be iceberg (the checkpoint lives in Iceberg's snapshots)") }}
    {%- elif strategy not in ['append', 'merge'] -%}
        {{ exceptions.raise_compiler_error(node.name ~ ': incremental_strategy must be append or merge, not ' ~ strategy) }}
    {%- elif strategy == 'merge' and not config.get('unique_key') -%}
        {{ exceptions.raise_compiler_error(node.name ~ ": a merge needs a key; set unique_key in the model's config") }}
    {%- endif -%}
    {%- if target.method == 'session' and target.threads | int > 1 -%}
        {{ exceptions.raise_compiler_error('target ' ~ target.name ~ ' has one Spark session, which several threads would share: what one stages, another would publish. Leave --threads away, or use the target server') }}
    {%- endif -%}
    {%- for column in contract_columns(node) if not is_known_type(column.type) -%}
        {{ exceptions.raise_compiler_error(node.name ~ ': column ' ~ column.name ~ " has the unknown type '" ~ column.type
            ~ "'; use boolean, int, bigint, float, double, decimal(p,s), date, timestamp, string, binary, or array, map, struct of them") }}
    {%- endfor -%}
    {%- set columns = contract_columns(node) | map(attribute='name') | list -%}
    {%- for column in column_list('unique_key') + column_list('order_by') + column_list('recompute_by') if column not in columns -%}
        {{ exceptions.raise_compiler_error(node.name ~ ': its key or order names ' ~ column ~ ", which is not a column in the model's yml") }}
    {%- endfor -%}
{% endmacro %}


{#- A config value of this model that is one column or a list of columns, as a list. A unit test stands for the model it tests. -#}
{% macro column_list(setting) %}
    {%- if execute and model.resource_type == 'unit_test' -%}
        {%- do return(config_list(graph.nodes[model.tested_node_unique_id], setting)) -%}
    {%- endif -%}
    {%- set value = config.get(setting) or [] -%}
    {%- do return([value] if value is string else value | list) -%}
{% endmacro %}

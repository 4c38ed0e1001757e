{#-
    Pure: what to select so that one `dbt build --full-refresh` mends a model: itself, and where the history of an input broke, every
    model that reads that input, each with all that follows from it.
-#}
{% macro rebuild_selection(model_name, lost, nodes) %}
    {%- set names = [] -%}
    {%- for node in nodes if node.resource_type == 'model' and node.name in lost -%}
        {%- for reader in nodes if reader.resource_type == 'model' and node.unique_id in reader.depends_on.nodes and reader.name != model_name -%}
            {%- if reader.name not in names -%} {%- do names.append(reader.name) -%} {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set selection = [] -%}
    {%- for name in [model_name] + names | sort -%} {%- do selection.append(name ~ '+') -%} {%- endfor -%}
    {%- do return(selection) -%}
{% endmacro %}

{#- The rows of a raw source's files that the model's table does not hold yet, with their origin. Use: from {{ new_files(source('raw', 'orders')) }} -#}
{% macro new_files(relation) %}
    {%- do return(read_view('files', relation)) -%}
{% endmacro %}

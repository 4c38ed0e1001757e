{#- The selects that read parquet or avro files, one per distinct set of columns: by name with their declared types, the unknown ones rescued as json. -#}
{% macro read_typed(read, files, format, pin) %}
    {%- set groups = {} -%}
    {%- for file in files -%} {%- do groups.setdefault(tojson(file.columns), []).append(file) -%} {%- endfor -%}
    {%- set selects = [] -%}
    {%- for group in groups.values() -%}
        {%- set columns = [] -%}
        {%- for found in group[0].columns.values() -%} {%- do columns.append(adapter.quote(found.name) ~ ' ' ~ found.type) -%} {%- endfor -%}
        {%- set table = file_table(format ~ '_' ~ loop.index0, format, source_path(read.node), pin, columns) -%}
        {%- do selects.append(_typed_select(table, read.node.columns, group, format)) -%}
    {%- endfor -%}
    {%- do return(selects) -%}
{% endmacro %}


{% macro _typed_select(table, declared, files, format) %}
    {%- set columns, rescued = files[0].columns, [] -%}
    {%- for name, found in columns.items() if name not in declared | map('lower') | list -%}
        {%- do rescued.append(adapter.quote(found.name) ~ ' as ' ~ adapter.quote(unreserved(found.name))) -%}
    {%- endfor -%}
    {%- for column in declared.values() if is_retyped(column, columns) -%}
        {%- do rescued.append(_lost_in_cast(columns[column.name | lower], column.data_type) ~ ' as ' ~ adapter.quote(column.name)) -%}
    {%- endfor -%}
    select
        {%- for column in declared.values() %}
        cast({{ adapter.quote(columns[column.name | lower].name) if column.name | lower in columns else 'null' }} as {{ column.data_type or 'string' }}) as {{ adapter.quote(column.name) }},
        {%- endfor %}
        {{ "nullif(to_json(struct(" ~ rescued | join(', ') ~ ")), '{}')" if rescued else 'cast(null as string)' }} as _rescued,
        {{ origin_columns(files) }},
        {{ '_metadata.row_index' if format == 'parquet' else source_position() }} as _source_position
    from {{ table }}
    where {{ is_pinned_file(files) }}
{% endmacro %}


{#- Pure: a value that its declared type cannot hold, null when it can: cast there and back it is another. -#}
{% macro _lost_in_cast(found, type) -%}
    {%- set value = adapter.quote(found.name) -%}
    if(cast(cast({{ value }} as {{ type or 'string' }}) as {{ found.type }}) <=> {{ value }}, null, {{ value }})
{%- endmacro %}

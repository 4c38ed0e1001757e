{#- The select that reads parquet or avro files: columns by name with their declared types, the unknown ones rescued as json. -#}
{% macro read_typed(read, files, format, pin) %}
    {%- set table = file_table(format, format, source_path(read.node), pin, none, {'mergeSchema': 'true'} if format == 'parquet' else {}) -%}
    {%- set found = {} -%}
    {%- for row in run_query('describe table ' ~ table) if row[0] and not row[0].startswith('#') -%}
        {%- do found.update({row[0] | lower: row[0]}) -%}
    {%- endfor -%}
    {%- set unknown = [] -%}
    {%- for name, written in found.items() if name not in read.node.columns | map('lower') | list -%} {%- do unknown.append(written) -%} {%- endfor -%}
    {%- set sql -%}
    select
        {%- for column in read.node.columns.values() %}
        cast({{ adapter.quote(found[column.name | lower]) if column.name | lower in found else 'null' }} as {{ column.data_type or 'string' }}) as {{ adapter.quote(column.name) }},
        {%- endfor %}
        {% if unknown -%}
        nullif(to_json(struct({% for name in unknown %}{{ adapter.quote(name) }}{{ ', ' if not loop.last }}{% endfor %})), '{}')
        {%- else -%} cast(null as string) {%- endif %} as _rescued,
        {{ origin_columns() }},
        {{ '_metadata.row_index' if format == 'parquet' else source_position() }} as _source_position
    from {{ table }}
    where {{ is_pinned_file(files) }}
    {%- endset -%}
    {%- do return(sql) -%}
{% endmacro %}

{#-
    The select that reads json lines: each field's text by name (any case), the unknown ones rescued, an unreadable line kept whole.
    A number lands as Spark prints it (1.50 as 1.5); a source that minds quotes it.
-#}
{% macro read_json(read, files, pin) %}
    {%- set table = file_table('lines', 'text', source_path(read.node), pin) -%}
    {%- set declared = [] -%}
    {%- for name in read.node.columns -%} {%- do declared.append(text_literal(name | lower)) -%} {%- endfor -%}
    {%- set sql -%}
    select
        {%- for name in read.node.columns %}
        fields[{{ text_literal(name | lower) }}] as {{ adapter.quote(name) }},
        {%- endfor %}
        case
            when fields is null then to_json(map('_malformed', value))
            else nullif(to_json(map_filter(fields, (name, value) -> name not in ({{ declared | join(', ') }}))), '{}')
        end as _rescued,
        _source_file,
        _source_modified_at,
        _source_size,
        _source_position
    from (
        select
            value,
            transform_keys(from_json(value, 'map<string, string>'), (name, field) -> lower(name)) as fields,
            {{ origin_columns() }},
            {{ source_position() }} as _source_position
        from {{ table }}
        where {{ is_pinned_file(files) }} and trim(value) <> ''
    )
    {%- endset -%}
    {%- do return(sql) -%}
{% endmacro %}

{#-
    The select that reads json lines: each field's text by name (any case), the unknown ones rescued, an unreadable line kept whole.

    Spark 3.5 reads a number as a double and prints that (1.50 as 1.5), also within nested values. So each number is first quoted, with a mark
    of this attempt that is taken off again. A line that is not UTF-8 fails the read: its letters would be lost.
-#}
{% macro read_json(read, files, pin) %}
    {%- set table = file_table('lines', 'text', source_path(read.node), pin) -%}
    {%- set mark = '#' ~ local_md5(pin.attempt)[:12] ~ '#' -%}
    {%- set declared = [] -%}
    {%- for name in read.node.columns -%} {%- do declared.append(text_literal(name | lower)) -%} {%- endfor -%}
    {%- set sql -%}
    select
        {%- for name in read.node.columns %}
        {{ unquote_numbers('fields[' ~ text_literal(name | lower) ~ ']', mark) }} as {{ adapter.quote(name) }},
        {%- endfor %}
        case
            when fields is null then to_json(map('_malformed', value))
            else nullif(to_json(transform_values(
                transform_keys(
                    map_filter(fields, (name, field) -> name not in ({{ declared | join(', ') }})),
                    (name, field) -> if(name rlike '^_malformed_*$', concat(name, '_'), name)
                ),
                (name, field) -> {{ unquote_numbers('field', mark) }}
            )), '{}')
        end as _rescued,
        _source_file,
        _source_modified_at,
        _source_size,
        _source_position
    from (
        select
            value,
            transform_keys(from_json({{ quote_numbers('value', mark) }}, 'map<string, string>'), (name, field) -> lower(name)) as fields,
            _source_file,
            _source_modified_at,
            _source_size,
            _source_position
        from (
            select
                {{ line_text(read.node) }} as value,
                {{ origin_columns(files) }},
                {{ source_position() }} as _source_position
            from {{ table }}
            where {{ is_pinned_file(files) }} and {{ has_text('value') }}
        )
    )
    {%- endset -%}
    {%- do return(sql) -%}
{% endmacro %}

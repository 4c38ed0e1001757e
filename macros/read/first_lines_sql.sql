{#- Where each file's first line stands, how many lines it has, and how many of them are not text in the declared encoding. -#}
{% macro first_lines_sql(table, files, source) %}
        {%- set is_utf8 = source.meta.get('encoding', 'UTF-8') | upper == 'UTF-8' %}
        select path, cast(min(position) as string) as position, cast(count(*) as string) as lines, cast(sum(undecodable) as string) as undecodable
        from (
            select
                {{ source_file(files) }} as path, {{ source_position() }} as position,
                {{ "if(value <> decode(cast(value as binary), 'UTF-8'), 1, 0)" if is_utf8 else '0' }} as undecodable
            from {{ table }}
            where {{ is_pinned_file(files) }} and {{ has_text('value', source.meta.get('multiline')) }}
        )
        group by path
{% endmacro %}

{#-
    Where the keys of a small set lie: {'rows': n, 'ranges': [{'low', 'high', 'type'}] for range_predicate}.

    A literal predicate is what Iceberg can prune files and row groups by before a join. Sixteen ranges rather than one: a batch
    is mostly recent keys with a few old ones, and one range over both would prune nothing. No ranges when the set is empty, a
    key is null (a null key is in no range), or keys of its type cannot be written as text.
-#}
{% macro key_bounds(view, column) %}
    {%- set sql -%}
        select cast(min({{ column }}) as string) as low, cast(max({{ column }}) as string) as high, cast(count(*) as string) as rows,
            typeof(min({{ column }})) as type, cast(count_if({{ column }} is null) as string) as nulls
        from (select {{ column }}, ntile(16) over (order by {{ column }}) as tile from {{ view }})
        group by tile
    {%- endset -%}
    {%- set total = namespace(rows=0, nulls=0) -%}
    {%- set ranges = [] -%}
    {%- for row in run_query(sql) -%}
        {%- set total.rows, total.nulls = total.rows + row['rows'] | int, total.nulls + row['nulls'] | int -%}
        {%- do ranges.append({'low': row['low'], 'high': row['high'], 'type': row['type']}) -%}
    {%- endfor -%}
    {%- set has_no_literal = ranges and modules.re.match('binary|array|map|struct', ranges[0].type) -%}
    {%- do return({'rows': total.rows, 'ranges': [] if total.nulls or has_no_literal else ranges}) -%}
{% endmacro %}


{#- Pure: `column` lies in one of the ranges [{'low', 'high', 'type'}]. -#}
{% macro range_predicate(column, ranges) -%}
    {%- set parts = [] -%}
    {%- for range in ranges -%}
        {%- do parts.append(column ~ ' between ' ~ typed_literal(range.low, range.type) ~ ' and ' ~ typed_literal(range.high, range.type)) -%}
    {%- endfor -%}
    {%- do return('(' ~ parts | join(' or ') ~ ')') -%}
{%- endmacro %}


{#- Pure: a literal of a Spark type, from its text. -#}
{% macro typed_literal(text, type) -%}
    {%- if type in ['string', 'date', 'timestamp'] -%} {{ '' if type == 'string' else type ~ ' ' }}{{ text_literal(text) }}
    {%- elif type == 'bigint' -%} {{ text }}L
    {%- else -%} cast({{ text_literal(text) }} as {{ type }})
    {%- endif -%}
{%- endmacro %}

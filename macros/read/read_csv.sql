{#-
    The selects that read csv files, one per distinct header, so that each file's columns are matched by its own header.

    Spark maps csv columns by position, so each header gets a table of positional columns c0, c1, …. A repeated column name keeps
    its first value, the others are rescued; a line with too few or too many values is kept whole, its columns null.
-#}
{% macro read_csv(read, files, pin) %}
    {%- set groups = {} -%}
    {%- for file in files -%}
        {%- do groups.setdefault(tojson(file.header), []).append(file) -%}
    {%- endfor -%}
    {%- set selects = [] -%}
    {%- for group in groups.values() -%}
        {%- set header = group[0].header -%}
        {%- set cells = [] -%}
        {%- for _ in header.names -%} {%- do cells.append('c' ~ loop.index0 ~ ' string') -%} {%- endfor -%}
        {%- set table = file_table('csv_' ~ loop.index0, 'csv', source_path(read.node), pin, cells + ['_malformed string'], {
            'header': 'true', 'sep': header.delimiter, 'quote': '"', 'escape': '"', 'mode': 'PERMISSIVE',
            'columnNameOfCorruptRecord': '_malformed', 'multiLine': read.node.meta.get('multiline', false) | lower,
            'encoding': read.node.meta.get('encoding', 'UTF-8'),
        }) -%}
        {%- do selects.append(_csv_select(table, header.names, read.node.columns, group)) -%}
    {%- endfor -%}
    {%- do return(selects) -%}
{% endmacro %}


{% macro _csv_select(table, names, declared, files) %}
    {%- set unknown = [] -%}
    {%- for name in names -%}
        {%- if name not in declared or name in names[:loop.index0] -%}
            {%- do unknown.append(text_literal(_rescued_name(names, loop.index0)) ~ ', c' ~ loop.index0) -%}
        {%- endif -%}
    {%- endfor -%}
    select
        {%- for name in declared %}
        {{ 'if(_malformed is null, c' ~ names.index(name) ~ ', null)' if name in names else 'cast(null as string)' }} as {{ adapter.quote(name) }},
        {%- endfor %}
        case
            when _malformed is not null then to_json(map('_malformed', _malformed))
            {%- if unknown %}
            else nullif(to_json(map_filter(map({{ unknown | join(', ') }}), (name, value) -> value is not null)), '{}')
            {%- endif %}
        end as _rescued,
        {{ origin_columns(files) }},
        {{ source_position() }} as _source_position
    from {{ table }}
    where {{ is_pinned_file(files) }}
{% endmacro %}


{#- Pure: the name under which an unknown column is rescued: its own, numbered when it is blank or not the first of that name, and never `_malformed`. -#}
{% macro _rescued_name(names, index) -%}
    {%- set name = names[index] -%}
    {%- set rescued = namespace(name=unreserved(name) if name and name not in names[:index] else name ~ '_' ~ (index + 1)) -%}
    {%- for _ in names if rescued.name != name and rescued.name in names -%} {%- set rescued.name = rescued.name ~ '_' -%} {%- endfor -%}
    {{- rescued.name -}}
{%- endmacro %}

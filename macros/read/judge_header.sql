{#-
    Pure: why a csv file is set aside, judged by its first line and what was counted; none when it can be read.

    header: from parse_header. undecodable: how many of its lines are not text in the declared encoding.
-#}
{% macro judge_header(line, header, undecodable, source) %}
    {%- set looks = [] -%}
    {%- for start, format in {'PAR1': 'parquet', 'Obj\x01': 'avro', '\x1f': 'gzip without .gz at the end of its name', 'PK\x03\x04': 'zip', 'SQLite': 'a database'}.items()
        if line.startswith(start) -%}
        {%- do looks.append('it is ' ~ format ~ ', not csv. Convert it, or declare the format of source ' ~ source.name) -%}
    {%- endfor -%}
    {%- if '\x00' in line and not looks -%} {%- do looks.append('its first line is UTF-16 or not text at all. Convert it to UTF-8') -%} {%- endif -%}
    {%- if looks -%} {%- do return(looks[0]) -%}
    {%- elif undecodable | int -%}
        {%- do return(undecodable ~ ' of its lines are not UTF-8. Convert it, or declare the encoding of source ' ~ source.name) -%}
    {%- elif not header.matched -%}
        {%- do return('its first line names no column of source ' ~ source.name ~ '. Give it a header, declare the delimiter, or move it away') -%}
    {%- endif -%}
    {%- do return(none) -%}
{% endmacro %}

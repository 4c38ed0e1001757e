{#-
    Pure: the delimiter and the column names of a csv header.

    The delimiter is the declared one, else whichever of tab, comma, semicolon and bar finds the most declared columns.
    Returns {'delimiter', 'names': [as declared when known, else as written], 'matched': how many are declared}.
-#}
{% macro parse_header(line, declared, delimiter=none) %}
    {%- set known = {} -%}
    {%- for name in declared -%} {%- do known.update({name | lower: name}) -%} {%- endfor -%}
    {%- set best = namespace(header={'delimiter': delimiter or ',', 'names': [], 'matched': -1}) -%}
    {%- for candidate in ([delimiter] if delimiter else ['\t', ',', ';', '|']) -%}
        {%- set names = [] -%}
        {%- set mark = modules.re.escape(candidate) -%}
        {%- for cell in modules.re.findall('(?:^|' ~ mark ~ ')("(?:[^"]|"")*"|[^' ~ mark ~ ']*)', line | replace('\ufeff', '')) -%}
            {%- set name = cell.strip().strip('"').strip() -%}
            {%- do names.append(known.get(name | lower, name)) -%}
        {%- endfor -%}
        {%- set matched = names | select('in', declared) | list | unique | list | length -%}
        {%- if matched > best.header.matched -%}
            {%- set best.header = {'delimiter': candidate, 'names': names, 'matched': matched} -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(best.header) -%}
{% endmacro %}

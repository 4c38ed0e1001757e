{#-
    Pure: a line is not blank. Blank is what Spark's csv reader takes for no row before it looks for cells: nothing but characters up to
    the space (Java's `trim`), so a line of tabs too; where quoted values may hold newlines, only an empty line. Each pass over lines has
    to count the same ones. It is asked of each: nearly all are told by their first byte, which is above the space.
-#}
{% macro has_text(value, is_multiline=false) -%}
    {%- if is_multiline -%} {{ value }} <> ''
    {%- else -%} ({{ value }} >= '!' or trim(leading '{% for code in range(33) %}{{ '\\u%04x' | format(code) }}{% endfor %}' from {{ value }}) <> '')
    {%- endif -%}
{%- endmacro %}

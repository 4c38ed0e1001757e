{#-
    Pure: json with every number outside of strings quoted and marked, for Spark 3.5 reads a number as a double, whatever the schema says.

    The pattern goes from one number to the next, over whole strings; each of its parts is possessive, so it neither goes back nor deep. What is
    no number is left to the parser.
-#}
{% macro quote_numbers(value, mark) -%}
    {%- set skipped = '(?:[^"0-9-]++|"(?:[^"\\\\]++|\\\\.)*+"|-(?![0-9]))*+' -%}
    {%- set number = '-?(?:0|[1-9][0-9]*+)(?:[.][0-9]++)?(?:[eE][+-]?[0-9]++)?' -%}
    regexp_replace({{ value }}, {{ text_literal('\\G(' ~ skipped ~ ')(' ~ number ~ ')(?=[\\s,}\\]])') }}, {{ text_literal('$1"' ~ mark ~ '$2"') }})
{%- endmacro %}


{#- Pure: a field's text as it landed: the mark of a number is at its beginning, or within quotes in a nested value. -#}
{% macro unquote_numbers(field, mark) -%}
    if(instr({{ field }}, '{{ mark }}') > 0, regexp_replace({{ field }}, {{ text_literal('"' ~ mark ~ '([^"]*)"|^' ~ mark) }}, '$1'), {{ field }})
{%- endmacro %}

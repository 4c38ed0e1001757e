{#- The text of a line in the source's encoding; UTF-8 that is none is an error that names the file. -#}
{% macro line_text(source) -%}
    {%- set encoding = source.meta.get('encoding', 'UTF-8') -%}
    {%- if encoding | upper != 'UTF-8' -%} decode(cast(value as binary), {{ text_literal(encoding) }})
    {%- else -%} if(value <> decode(cast(value as binary), 'UTF-8'), raise_error(concat({{ source_file() }}, ': a line is not UTF-8; convert it, or declare the encoding of the source')), value)
    {%- endif -%}
{%- endmacro %}

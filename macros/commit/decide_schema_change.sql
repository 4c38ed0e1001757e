{#-
    Pure: what turns the actual columns of a table into the wanted ones.

    wanted, actual: [{'name', 'type', 'description'}]
    Returns {'alterations': [the rest of an ALTER TABLE statement], 'refused': [reasons]}. Adding a column, widening a type
    as Iceberg allows, and changing a comment are alterations; losing a column or changing a type otherwise is refused.
-#}
{% macro decide_schema_change(wanted, actual) %}
    {%- set alterations, refused, have = [], [], {} -%}
    {%- for column in actual -%} {%- do have.update({column.name: column}) -%} {%- endfor -%}
    {%- for column in wanted -%}
        {%- set now = have.pop(column.name, none) -%}
        {%- set comment = ' comment ' ~ text_literal(column.description) -%}
        {%- if now is none -%}
            {%- do alterations.append('add column ' ~ column.name ~ ' ' ~ column.type ~ comment) -%}
        {%- else -%}
            {%- if now.type == _canonical_type(column.type) -%}
            {%- elif _is_widening(now.type, _canonical_type(column.type)) -%}
                {%- do alterations.append('alter column ' ~ column.name ~ ' type ' ~ column.type) -%}
            {%- else -%}
                {%- do refused.append('column ' ~ column.name ~ ' is ' ~ now.type ~ ' and cannot become ' ~ column.type ~ ' without losing data; keep its type, or add a column with another name') -%}
            {%- endif -%}
            {%- if now.description != column.description -%}
                {%- do alterations.append('alter column ' ~ column.name ~ comment) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for name in have -%}
        {%- do refused.append('column ' ~ name ~ ' is in the table but no longer in the yml; put it back, or drop it from the table by hand') -%}
    {%- endfor -%}
    {%- do return({'alterations': alterations, 'refused': refused}) -%}
{% endmacro %}


{#- The name `describe table` prints for a declared type. -#}
{% macro _canonical_type(type) %}
    {%- set names = {
        'integer': 'int', 'smallint': 'int', 'short': 'int', 'tinyint': 'int', 'byte': 'int', 'long': 'bigint', 'real': 'float',
        'bool': 'boolean', 'text': 'string', 'varchar': 'string', 'char': 'string', 'timestamp_ltz': 'timestamp',
        'decimal': 'decimal(10,0)', 'numeric': 'decimal(10,0)', 'dec': 'decimal(10,0)',
    } -%}
    {%- set found = namespace(type=type | lower | replace(' ', '')) -%}
    {%- set found.type = modules.re.sub('\\b(numeric|dec)\\(', 'decimal(', modules.re.sub('\\b(var)?char\\(\\d+\\)', 'string', found.type)) -%}
    {%- for name, canonical in names.items() -%}
        {%- set found.type = modules.re.sub('\\b' ~ name ~ '\\b(?![(:])', canonical, found.type) -%}
    {%- endfor -%}
    {%- do return(modules.re.sub('\\bdecimal\\((\\d+)\\)', 'decimal(\\1,0)', found.type)) -%}
{% endmacro %}


{#- Pure: Iceberg has this type, under this or another name. -#}
{% macro is_known_type(type) %}
    {%- set simple = 'boolean|int|bigint|float|double|decimal\\(\\d+,\\d+\\)|date|timestamp|timestamp_ntz|string|binary' -%}
    {%- do return(modules.re.match('(' ~ simple ~ '|(array|map|struct)<.+>)$', _canonical_type(type)) is not none) -%}
{% endmacro %}


{#- Iceberg's type promotions: int to bigint, float to double, decimal(p, s) to a larger p. -#}
{% macro _is_widening(old, new) %}
    {%- if (old, new) in [('int', 'bigint'), ('float', 'double')] -%} {%- do return(true) -%} {%- endif -%}
    {%- set decimal = 'decimal\\((\\d+),(\\d+)\\)$' -%}
    {%- set before, after = modules.re.match(decimal, old), modules.re.match(decimal, new) -%}
    {%- if not before or not after -%} {%- do return(false) -%} {%- endif -%}
    {%- do return(before.group(2) == after.group(2) and before.group(1) | int < after.group(1) | int) -%}
{% endmacro %}

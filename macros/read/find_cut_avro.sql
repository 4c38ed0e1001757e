{#-
    The avro files that end within a block: [{'file', 'reason'}]. Spark takes the blocks before for the whole file and says nothing.

    An avro file's last 16 bytes are the mark that its header ends with. Spark gives the end of a file only together with all of it, so
    files over 256 MB are not looked at.
-#}
{% macro find_cut_avro(read, files) %}
    {%- set found, state = [], {'files': files | rejectattr('size', 'gt', 268435456) | list} -%}
    {%- set view = '`' ~ read.view ~ '__ends`' -%}
    {%- for length in [4096, 1048576] if state.files -%}
        {%- do run_statement('create or replace temporary view ' ~ view ~ " using binaryFile options (recursiveFileLookup 'true', path "
            ~ text_literal(any_of_paths(state.files)) ~ ')') -%}
        {%- set ends, open = {}, [] -%}
        {#- should that fail, so does the read of the rows, where it is judged -#}
        {%- for row in adapter.try_query('select path, hex(substring(content, 1, ' ~ length ~ ')) as head, hex(substring(content, -16)) as tail from ' ~ view).rows or [] -%}
            {%- do ends.update({row['path']: {'mark': avro_mark(row['head']), 'tail': row['tail']}}) -%}
        {%- endfor -%}
        {%- for file in state.files if file.path in ends -%}
            {%- if ends[file.path].mark is none -%} {%- do open.append(file) -%}
            {%- elif ends[file.path].mark != ends[file.path].tail -%}
                {%- do found.append({'file': file, 'reason': 'it is cut off: its last block is not whole. Land it again, or move it away'}) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do state.update({'files': open}) -%}
    {%- endfor -%}
    {%- do return(found) -%}
{% endmacro %}


{#-
    Pure: the mark that an avro file's header ends with, from the file's first bytes, all in hex; none when they are not all of the
    header: `Obj` and 1, then blocks of names and values (a count, then each with its length), a count of 0, and the mark.
-#}
{% macro avro_mark(head) %}
    {%- set state = {'at': 4, 'is_over': false} -%}
    {%- for _ in range(100) if not state.is_over and state.at * 2 < head | length -%}
        {%- set count = _avro_number(head, state) -%}
        {%- if count < 0 -%} {%- do _avro_number(head, state) -%} {%- endif -%}
        {%- for _ in range(2 * count | abs) if state.at * 2 < head | length -%}
            {%- set length = _avro_number(head, state) -%}
            {%- do state.update({'at': state.at + length}) -%}
        {%- endfor -%}
        {%- do state.update({'is_over': count == 0}) -%}
    {%- endfor -%}
    {%- set mark = head[2 * state.at : 2 * state.at + 32] -%}
    {%- do return(mark if state.is_over and mark | length == 32 else none) -%}
{% endmacro %}


{#- Read a number from hex and go on behind it: zigzag, seven bits a byte, the least first. -#}
{% macro _avro_number(head, state) %}
    {%- set read = namespace(number=0, factor=1, is_open=true) -%}
    {%- for _ in range(10) if read.is_open -%}
        {%- set byte = head[2 * state.at : 2 * state.at + 2] | int(0, 16) -%}
        {%- set read.number = read.number + byte % 128 * read.factor -%}
        {%- set read.factor = read.factor * 128 -%}
        {%- set read.is_open = byte >= 128 -%}
        {%- do state.update({'at': state.at + 1}) -%}
    {%- endfor -%}
    {%- do return(read.number // 2 if read.number % 2 == 0 else -(read.number + 1) // 2) -%}
{% endmacro %}

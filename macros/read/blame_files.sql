{#-
    Which of the files that failed alone are left out: all of them, or none when they may well be innocent.

    An error that may be one file's says so only if another file can be read. And where Spark cannot even count numbers, no file is to
    blame: the control reads none, and shuffles as a write does.
-#}
{% macro blame_files(failed, is_any_read) %}
    {%- set left = failed | selectattr('is_left') | list -%}
    {%- if left and not is_any_read -%} {%- do return([]) -%} {%- endif -%}
    {%- if failed | length > left | length and adapter.try_query('select count(*) from (select id from range(0, 1000, 1, 4) group by id)').error -%}
        {%- do return([]) -%}
    {%- endif -%}
    {%- do return(failed) -%}
{% endmacro %}


{#- Pure: a file that failed alone: with `reason` for the quarantine, or left to the next run since its error may pass. -#}
{% macro judge_failure(file, tried, reason) %}
    {%- if tried.is_of_the_moment -%}
        {%- set reason = 'it could not be read while others could: ' ~ tried.cause ~ '. See to its permissions, or to memory' -%}
    {%- endif -%}
    {%- do return({'file': file, 'reason': reason, 'is_left': tried.is_of_the_moment | default(false)}) -%}
{% endmacro %}


{#- Pure: three files failed alone of the moment and none could be read: asking the others would tell no more. -#}
{% macro is_everywhere(failed, is_any_read) %}
    {%- do return(not is_any_read and failed | selectattr('is_left') | list | length >= 3) -%}
{% endmacro %}

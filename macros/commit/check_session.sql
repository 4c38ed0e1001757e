{#-
    Refuse to write where a write would not be staged, or would be staged by somebody else's setting. What an interrupted run of
    this project left in the session is simply replaced.
-#}
{% macro check_session(name, relation) %}
    {%- if run_query("show tblproperties " ~ relation ~ " ('write.wap.enabled')")[0]['value'] != 'true' -%}
        {{ exceptions.raise_compiler_error(name ~ ": the table property write.wap.enabled of " ~ relation ~ " is not true, so nothing can be staged. Nothing was written; set it: alter table "
            ~ relation ~ " set tblproperties ('write.wap.enabled' = 'true')") }}
    {%- endif -%}
    {%- set leaked = run_query('set spark.wap.id')[0]['value'] -%}
    {%- if leaked != '<undefined>' and parse_checkpoint(leaked) is none -%}
        {{ exceptions.raise_compiler_error(name ~ ": spark.wap.id is set in this session to '" ~ leaked ~ "' by something else. Nothing was written; run: reset spark.wap.id") }}
    {%- endif -%}
{% endmacro %}

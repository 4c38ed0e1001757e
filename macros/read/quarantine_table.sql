{#-
    The table of a bronze table's file versions that were set aside, <table>_quarantine; created when there is none.

    A version stays out of bronze while the table holds it under the source's present declaration: a file that changed, or a source
    that is declared anew, is tried again. It is never staged (write.wap.enabled): what is set aside stays so, whatever becomes of the run.
-#}
{% macro quarantine_table(relation) %}
    {%- set table = api.Relation.create(schema=relation.schema, identifier=relation.identifier ~ '_quarantine') -%}
    {%- if load_cached_relation(table) is none -%} {%- do run_statement(_quarantine_ddl(table, relation)) -%} {%- endif -%}
    {%- do return(table) -%}
{% endmacro %}


{% macro _quarantine_ddl(table, relation) %}
    {%- set properties = dict(config.get('tblproperties') or {}, **{'write.wap.enabled': 'false'}) -%}
create table if not exists {{ table }} (
    path string comment 'Path of the file.',
    modified_at timestamp comment 'Its modification time (UTC). Path, modification time and size are a file version.',
    size bigint comment 'Its size in bytes.',
    reason string comment 'Why it was set aside, and what to do.',
    quarantined_at timestamp comment 'When it was set aside (UTC).',
    run_id string comment 'The dbt invocation that did.',
    declaration string comment 'Fingerprint of how the source was declared; with another one the file is tried again.'
)
using iceberg
comment {{ text_literal('One row per version of a file that could not be read into ' ~ relation ~ ' and was set aside. A changed file is a new version and is tried again.') }}
tblproperties (
    {%- for name, value in properties.items() %}
    {{ text_literal(name) }} = {{ text_literal(value) }}{{ ',' if not loop.last }}
    {%- endfor %}
)
{% endmacro %}


{#- Pure: a fingerprint of how a source is declared, as far as it decides how files are read. -#}
{% macro declaration_of(source) -%}
    {%- set columns = [] -%}
    {%- for name, column in source.columns.items() -%} {%- do columns.append([name, column.get('data_type')]) -%} {%- endfor -%}
    {{- local_md5(tojson([source.meta, columns], sort_keys=true)) -}}
{%- endmacro %}

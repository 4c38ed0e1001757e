install iceberg;
load iceberg;
{%- if is_glue %}
install httpfs;
load httpfs;
install aws;
load aws;
-- keys come from the usual AWS chain, as for the AWS command line
create or replace secret lake (type s3, provider credential_chain, region '{{ region | replace("'", "''") }}');

-- the whole lake, live, through Glue's Iceberg endpoint
attach '{{ account }}' as lake (type iceberg, endpoint_type 'glue');
{%- for table in tables %}
select count(*) from lake."{{ table.schema }}"."{{ table.short }}";
{%- endfor %}

-- or each table as it is right now, by its metadata file: fixed until this is printed again
{%- else %}

-- each table as it is right now, by its metadata file: fixed until this is printed again
{%- endif %}
{%- for schema in schemas %}
create schema if not exists "{{ schema }}";
{%- endfor %}
{%- for table in tables %}
create or replace view "{{ table.schema }}"."{{ table.short }}" as select * from iceberg_scan('{{ table.metadata | replace("'", "''") }}');
{%- endfor %}

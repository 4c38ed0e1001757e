-- Snowflake reads position deletes of externally managed tables. Run as accountadmin, once, in this order.
-- The role {{ role }} has the policy below; its trust policy, below too, is filled in after steps 1 and 2.

-- 1. where the files are; Snowflake may not write there
create external volume if not exists lake_volume
    storage_locations = ((
        name = 'lake'
        storage_provider = 'S3'
        storage_base_url = '{{ warehouse }}/'
        storage_aws_role_arn = '{{ role }}'
        storage_aws_external_id = '{{ external_id }}'
    ))
    allow_writes = false;
desc external volume lake_volume;  -- STORAGE_AWS_IAM_USER_ARN: the principal of the trust policy

-- 2. where the catalog is: one integration for each schema
{%- for schema in schemas %}
create catalog integration if not exists lake_{{ schema }}
    catalog_source = glue
    table_format = iceberg
    catalog_namespace = '{{ schema }}'
    glue_aws_role_arn = '{{ role }}'
    glue_catalog_id = '{{ account }}'
    glue_region = '{{ region }}'
    refresh_interval_seconds = 60
    enabled = true;
desc catalog integration lake_{{ schema }};  -- GLUE_AWS_IAM_USER_ARN and GLUE_AWS_EXTERNAL_ID: allow these too
{%- endfor %}

-- 3. the tables, which follow Glue by themselves
create database if not exists lake;
{%- for schema in schemas %}
create schema if not exists lake.{{ schema }};
{%- endfor %}
{%- for table in tables %}
create iceberg table if not exists lake.{{ table.schema }}.{{ table.short }}
    external_volume = 'lake_volume'
    catalog = 'lake_{{ table.schema }}'
    catalog_namespace = '{{ table.schema }}'
    catalog_table_name = '{{ table.short }}'
    auto_refresh = true;
{%- endfor %}

-- 4. ask
{%- for table in tables %}
select count(*) from lake.{{ table.schema }}.{{ table.short }};
{%- endfor %}

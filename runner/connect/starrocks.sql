-- StarRocks 3.1 and later read merge-on-read deletes; 3.4 and later travel in time.
-- The machines of StarRocks take the role {{ role }}, which has the first policy below.
-- The two after it let them: one is of the role that they run as, one of the role that they take. No key is written here.
create external catalog lake
comment 'The lake in {{ warehouse }}'
properties (
    "type" = "iceberg",
    "iceberg.catalog.type" = "glue",
    "aws.glue.use_instance_profile" = "true",
    "aws.glue.iam_role_arn" = "{{ role }}",
    "aws.glue.region" = "{{ region }}",
    "aws.s3.use_instance_profile" = "true",
    "aws.s3.iam_role_arn" = "{{ role }}",
    "aws.s3.region" = "{{ region }}"
);

-- who may read
create role if not exists lake_reader;
grant usage on catalog lake to role lake_reader;
set catalog lake;
grant select on all tables in all databases to role lake_reader;
{% for table in tables %}
-- {{ table.name }}
select count(*) from lake.`{{ table.schema }}`.`{{ table.short }}`;
{%- endfor %}
{% set first = tables[0] %}
{%- if first.snapshot %}
-- As it was
select count(*) from lake.`{{ first.schema }}`.`{{ first.short }}` for version as of {{ first.snapshot }};
{%- endif %}

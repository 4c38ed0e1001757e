-- Athena reads the tables as they are in Glue: nothing to create. Catalog AwsDataCatalog, region {{ region }}.
-- Attach the policy below to whoever asks. From here:
-- medallion query athena "…" --workgroup {{ workgroup }} --results {{ results }}
{% for table in tables %}
-- {{ table.name }}
select * from "AwsDataCatalog"."{{ table.schema }}"."{{ table.short }}" limit 10;
{% endfor %}
-- As it was: at a time, or at a snapshot
{% set first = tables[0] -%}
select count(*) from "AwsDataCatalog"."{{ first.schema }}"."{{ first.short }}" for timestamp as of current_timestamp - interval '1' day;
{%- if first.snapshot %}
select count(*) from "AwsDataCatalog"."{{ first.schema }}"."{{ first.short }}" for version as of {{ first.snapshot }};
{%- endif %}

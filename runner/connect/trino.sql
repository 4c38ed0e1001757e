-- etc/catalog/lake.properties of your Trino, read only; keys come from its machine's role. Attach the policy below to that.
{%- for name, value in properties.items() %}
--   {{ name }}={{ value }}
{%- endfor %}
{% for table in tables %}
-- {{ table.name }}
select * from lake."{{ table.schema }}"."{{ table.short }}" limit 10;
{% endfor %}
-- As it was: at a time, or at a snapshot
{% set first = tables[0] -%}
select count(*) from lake."{{ first.schema }}"."{{ first.short }}" for timestamp as of current_timestamp - interval '1' day;
{%- if first.snapshot %}
select count(*) from lake."{{ first.schema }}"."{{ first.short }}" for version as of {{ first.snapshot }};
{%- endif %}

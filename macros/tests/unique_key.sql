{#-
    Fails for keys that come more than once; a key may be several columns.

    Numbering the rows of each key costs half of counting them by group when nearly all keys come once: Spark sorts numbers by radix, but
    would count before and after its shuffle.
-#}
{% test unique_key(model, columns) %}
{%- set key = columns | join(', ') %}
select {{ key }}, count(*) + 1 as rows
from (
    select {{ key }}, row_number() over (partition by {{ key }} order by 1) as _number
    from {{ model }}
)
where _number > 1
group by {{ key }}
{% endtest %}

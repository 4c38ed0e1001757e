-- One row per line of a landed order file, as it landed. Append only.
select *
from {{ new_files(source('raw', 'orders')) }}

{#-
    Stage a batch that may hold rows of files, all of which are then still what was listed.

    A file that changed while it was read may have been read half: what was staged is left behind, and staged anew without it. A file
    without rows is set aside, or it would be new for ever. When that leaves nothing to commit, the staged snapshot `is_idle`.
-#}
{% macro stage_files(batch, relation, plan) %}
    {%- set state = {'staged': none} -%}
    {%- for _ in range(_count_files(plan) + 1) if state.staged is none -%}
        {%- set staged = stage_batch(batch, relation, plan) -%}
        {%- if not staged.lost and _leave_changed(plan) -%}
            {%- do plan.update({'attempt': plan.attempt ~ '_' ~ loop.index}) -%}
            {%- do _renew_batch(batch, plan) -%}
        {%- else -%}
            {%- do state.update({'staged': staged}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if not state.staged.lost -%} {%- do _leave_empty(batch, relation, state.staged, plan) -%} {%- endif -%}
    {%- do return(state.staged) -%}
{% endmacro %}


{#- Set files without rows aside; a snapshot that then is of no file and moves no checkpoint is taken away again. -#}
{% macro _leave_empty(batch, relation, staged, plan) %}
    {%- set reads = plan.get('reads', []) | selectattr('kind', 'equalto', 'files') | list -%}
    {%- for read in reads if plan.files[read.view] and not batch.is_cached -%}
        {%- set empty = find_empty(read, plan.files[read.view], relation, staged, plan) -%}
        {%- do set_aside(empty, read, plan) -%}
        {%- do plan.files.update({read.view: without_files(plan.files[read.view], empty)}) -%}
    {%- endfor -%}
    {%- if reads and not staged.rows and not plan.inputs and not _count_files(plan) -%}
        {%- do staged.update({'is_idle': true}) -%}
        {#- a leftover would do no harm, so an error does not matter; the time keeps all others from expiry -#}
        {%- do adapter.try_execute("call lake.system.expire_snapshots(table => '" ~ relation.schema ~ '.' ~ relation.identifier
            ~ "', older_than => timestamp '1970-01-01', snapshot_ids => array(" ~ staged.id ~ '))') -%}
    {%- endif -%}
{% endmacro %}


{#-
    Write a batch; should a file prove unreadable, without it. Returns the error that no file is to blame for, or none. One
    statement is one commit, so a failed one leaves nothing behind.
-#}
{% macro write_readable(sql, batch, plan) %}
    {%- set reads = [] -%}
    {%- for read in plan.get('reads', []) if plan.files.get(read.view) -%} {%- do reads.append(read) -%} {%- endfor -%}
    {%- if batch.is_cached or not reads -%} {%- do return(adapter.try_execute(sql)) -%} {%- endif -%}
    {%- set state = {'error': adapter.try_execute(sql)} -%}
    {%- for _ in range(_count_files(plan)) if state.error and not is_lost_commit(state.error) -%}
        {%- set before = _count_files(plan) -%}
        {%- for read in reads -%} {%- do plan.files.update({read.view: mend_files(read, plan.files[read.view], plan)}) -%} {%- endfor -%}
        {%- if _count_files(plan) == before -%} {%- do return(state.error) -%} {%- endif -%}
        {%- do _renew_batch(batch, plan) -%}
        {%- do state.update({'error': adapter.try_execute(sql)}) -%}
    {%- endfor -%}
    {%- do return(state.error) -%}
{% endmacro %}


{#- Take the files that changed since they were listed out of the plan; true when there were any. -#}
{% macro _leave_changed(plan) %}
    {%- set before = _count_files(plan) -%}
    {%- for read in plan.get('reads', []) if read.kind == 'files' -%}
        {%- do plan.files.update({read.view: drop_changed(read, plan.files[read.view])}) -%}
    {%- endfor -%}
    {%- do return(_count_files(plan) < before) -%}
{% endmacro %}


{#- Make the views of files and the batch anew: a view keeps the files that it was made with. -#}
{% macro _renew_batch(batch, plan) %}
    {%- for read in plan.get('reads', []) if read.kind == 'files' -%} {%- do create_files_view(read, plan.files[read.view], plan) -%} {%- endfor -%}
    {%- do run_statement('create or replace temporary view ' ~ batch.view ~ ' as ' ~ model.compiled_code) -%}
{% endmacro %}


{#- Pure: how many files a plan still reads. -#}
{% macro _count_files(plan) %}
    {%- do return(plan.files.values() | map('length') | sum) -%}
{% endmacro %}

{#-
    Pure: what became of a publish: published, lost (another commit won) or unknown.

    error: what the branch or the fast-forward said, or none. main: where `main` is after the error: {'id', 'error'}. Parent and staged
    snapshot tell more than any message; only where `main` did not move is the message asked whether the commit was refused.
-#}
{% macro judge_publish(error, main, staged, parent) %}
    {%- if not error -%} {%- do return('published') -%}
    {%- elif main.error -%} {%- do return('unknown') -%}
    {%- elif main.id == staged -%} {%- do return('published') -%}
    {%- endif -%}
    {%- do return('lost' if main.id != parent or is_lost_commit(error) else 'unknown') -%}
{% endmacro %}


{#-
    Pure: this error says that a commit was refused since another one came first, so it certainly did not happen. Told by Iceberg's
    words, for its exception classes do not reach dbt; a failed job is none, whatever it says, and a path is no word.
-#}
{% macro is_lost_commit(error) %}
    {%- set refusals = 'is not an ancestor of|metadata refresh is required|stale table metadata|has changed from|is not same as the current'
        ~ '|concurrent update|Failed to update table|conflicting (deleted |delete )?files|Cannot commit, (missing|found)|concurrently added'
        ~ '|to unknown snapshot|SQLITE_BUSY' -%}
    {%- set path = '(?m)(?:\\b[a-z][a-z0-9]*:|(?<![^\\s=(\\[{\'"]))/.*?(?= \\(caused by: | has changed from | is not same as |$)' -%}
    {%- do return('Cannot determine whether' not in error and 'Job aborted due to stage failure' not in error
        and modules.re.search(refusals, modules.re.sub(path, '', error)) is not none) -%}
{% endmacro %}

{#-
    Note the head of the model's table (if `relation` names one) and of every input, once, and decide from them. Returns plan_commit's plan, the new
    files, the time of the pin, an id for this attempt, and the statements that free what it keeps in the session.
-#}
{% macro pin_inputs(relation, reads) %}
    {%- set now = modules.datetime.datetime.now(modules.pytz.utc) -%}
    {%- set pin = {
        'pinned_at': now.strftime('%Y-%m-%d %H:%M:%S.%f'),
        'attempt': now.strftime('%Y%m%dT%H%M%S%f') ~ '_' ~ invocation_id[:8],
        'files': {}, 'temporary': [],
    } -%}
    {%- if not reads | selectattr('since', 'none') | rejectattr('kind', 'equalto', 'pinned') | list -%}
        {{ exceptions.raise_compiler_error(model.name ~ ': nothing it reads would ever make it run; read at least one input by new_files, new_rows or touched_rows') }}
    {%- endif -%}
    {%- set relations = {model.name: relation} if relation else {} -%}
    {%- for read in reads -%}
        {%- if read.kind == 'files' -%}
            {%- do pin.files.update({read.view: list_new_files(read, relation, pin)}) -%}
        {%- else -%}
            {%- for node in [read.node, read.since] if node -%}
                {%- do relations.update({node.name: _existing_relation(node)}) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set plan = plan_commit(model.name, config.get('incremental_strategy'), should_full_refresh(), reads,
        dict({model.name: {'head': none, 'snapshots': {}}}, **read_lineages(relations)), pin.files) -%}
    {%- if plan.refused -%}
        {{ exceptions.raise_compiler_error(model.name ~ ' cannot go on from its checkpoint: ' ~ plan.refused | join('; ')
            ~ '. Nothing was changed.' ~ ('' if config.get('full_refresh') == false else ' To rebuild it: dbt build --full-refresh --select ' ~ model.name)) }}
    {%- endif -%}
    {%- do return(dict(plan, **pin)) -%}
{% endmacro %}


{% macro _existing_relation(node) %}
    {%- set relation = relation_of(node) -%}
    {%- if load_relation(relation) is none -%}
        {{ exceptions.raise_compiler_error(model.name ~ ' reads ' ~ relation ~ ', which does not exist yet; build it first: dbt build --select +' ~ model.name) }}
    {%- endif -%}
    {%- do return(relation) -%}
{% endmacro %}

{#-
    Note the head of the model's table (if `relation` names one) and of every input, once, and decide from them. Returns plan_commit's plan, the new
    files, the time of the pin, an id for this attempt, and the statements that free what it keeps in the session.
-#}
{% macro pin_inputs(relation, reads) %}
    {%- set now = modules.datetime.datetime.now(modules.pytz.utc) -%}
    {%- set pin = {
        'pinned_at': now.strftime('%Y-%m-%d %H:%M:%S.%f'),
        'attempt': now.strftime('%Y%m%dT%H%M%S%f') ~ '_' ~ invocation_id[:8],
        'reads': reads, 'files': {}, 'temporary': [],
    } -%}
    {%- if not reads | selectattr('since', 'none') | rejectattr('kind', 'equalto', 'pinned') | list -%}
        {{ exceptions.raise_compiler_error(model.name ~ ': nothing it reads would ever make it run; read at least one input by new_files, new_rows or touched_rows') }}
    {%- endif -%}
    {%- set rules = rules_of(model, graph.nodes.values()) if relation else none -%}
    {%- set relations = _relations_to_pin(relation, reads, rules) -%}
    {%- set lineages = dict({model.name: {'head': none, 'snapshots': {}}}, **read_lineages(relations)) -%}
    {%- do fail_point('in_pin') -%}
    {#- after the heads: files that another run commits in between are not new, or else move the head and are not published again -#}
    {%- for read in reads if read.kind == 'files' -%}
        {%- do pin.files.update({read.view: list_new_files(read, relation, pin)}) -%}
    {%- endfor -%}
    {%- set plan = plan_commit(model.name, config.get('incremental_strategy'), should_full_refresh(), reads, lineages, pin.files,
        none if should_full_refresh() else (var('replay', none) or {}).get(model.name), rules) -%}
    {%- if rules and plan.mode in ['first', 'full'] -%} {%- do plan.kept.update({'rebuilt': pin.pinned_at, 'redriven': ''}) -%} {%- endif -%}
    {%- if plan.refused -%}
        {{ exceptions.raise_compiler_error(model.name ~ ' cannot go on from its checkpoint: ' ~ plan.refused | join('; ') ~ '. Nothing was changed.' ~ _way_out(relation, plan)) }}
    {%- endif -%}
    {%- do return(dict(plan, **pin)) -%}
{% endmacro %}


{#-
    {name: relation} of all tables whose history a run has to know, in the order in which they are looked at: another model's checkpoint
    before the input that it is a place in, or that could be newer than the input is known to be.
-#}
{% macro _relations_to_pin(relation, reads, rules) %}
    {%- set relations = {model.name: relation} if relation else {} -%}
    {%- for read in reads if read.kind != 'files' -%} {%- do _existing_relation(read.node) -%} {%- endfor -%}
    {%- for name in (rules.siblings if rules else []) -%} {%- do relations.update(_if_it_exists(node_named(name))) -%} {%- endfor -%}
    {%- for read in reads if read.since -%} {%- do relations.update({read.since.name: _existing_relation(read.since)}) -%} {%- endfor -%}
    {%- for read in reads if read.kind != 'files' -%}
        {%- do relations.update({read.node.name: _existing_relation(read.node)}) -%}
        {%- if read.kind == 'touched' -%} {%- do relations.update(_appended_inputs(read.node)) -%} {%- endif -%}
    {%- endfor -%}
    {%- do return(relations) -%}
{% endmacro %}


{% macro _if_it_exists(node) %}
    {%- do return({node.name: relation_of(node)} if load_relation(relation_of(node)) is not none else {}) -%}
{% endmacro %}


{% macro _existing_relation(node) %}
    {%- set relation = relation_of(node) -%}
    {%- if load_relation(relation) is none -%}
        {{ exceptions.raise_compiler_error(model.name ~ ' reads ' ~ relation ~ ', which does not exist yet; build it first: dbt build --select +' ~ model.name) }}
    {%- endif -%}
    {%- do return(relation) -%}
{% endmacro %}


{#- The append-only tables that a keyed input is made from, whose ranges its commits name: {name: relation}; without those that are gone. -#}
{% macro _appended_inputs(node) %}
    {%- set found = {} -%}
    {%- for input in model_dependencies(node) if input.resource_type == 'model' and input.config.get('incremental_strategy') == 'append' -%}
        {%- do found.update(_if_it_exists(input)) -%}
    {%- endfor -%}
    {%- do return(found) -%}
{% endmacro %}


{#- The one command that resolves a refusal: a rebuild, or for a table that is never rebuilt, a rollback; a refused replay says its own. -#}
{% macro _way_out(relation, plan) %}
    {%- if plan.mend == 'redrive' -%} {%- do return(' Run: medallion redrive ' ~ model.name) -%}
    {%- elif plan.mend == 'build' -%} {%- do return(' Run: dbt build --select ' ~ model.name ~ ' ' ~ rules_of(model, graph.nodes.values()).siblings | join(' ')) -%}
    {%- elif plan.replay -%} {%- do return('') -%}
    {%- endif -%}
    {%- if config.get('full_refresh') != false -%}
        {%- do return(' To rebuild it: dbt build --full-refresh --select ' ~ rebuild_selection(model.name, plan.lost, graph.nodes.values()) | join(' ')) -%}
    {%- elif plan.roll_back_to -%}
        {%- do return(" To roll it back: dbt run-operation run_statement --args '{sql: " ~ '"call lake.system.rollback_to_snapshot(\\"'
            ~ relation.schema ~ '.' ~ relation.identifier ~ '\\", ' ~ plan.roll_back_to ~ ')"' ~ "}'") -%}
    {%- endif -%}
    {%- do return('') -%}
{% endmacro %}

{#-
    Run the model's own dbt tests against what is staged, all in one statement, before anyone can read it.

    Tests on a column see the incoming batch, so their cost follows the batch; tests declared on the model as a whole see the staged
    table. A test says otherwise with `config: {meta: {gate: batch | table | off}}`. `severity: warn` warns. Returns why the
    batch is refused (readers then still see the old table, and the checkpoint has not moved), or none.
-#}
{% macro run_gate(relation, batch, staged) %}
    {%- set staged_view = model.name ~ '__staged' -%}
    {%- do create_range_view(staged_view, relation, {'kind': 'all', 'to': staged.id}) -%}
    {%- set staged_table = '`' ~ staged_view ~ '`' -%}
    {%- set incoming = staged_table if not batch.is_cached else '(select * from ' ~ batch.view ~ (' where not _is_deleted' if batch.has_deletes else '') ~ ')' -%}
    {%- set tests = gated_tests(model.unique_id, graph.nodes.values()) -%}
    {%- set selects = [] -%}
    {%- for scope, rows in {'batch': incoming, 'table': staged_table}.items() if not (scope == 'batch' and batch.rows == 0) -%}
        {%- set counted = [] -%}
        {%- for test in tests if gate_scope(test) == scope -%}
            {%- if row_condition(test) -%} {%- do counted.append(test) -%}
            {%- else -%} {%- do selects.append(_test_select(test, rows)) -%} {%- endif -%}
        {%- endfor -%}
        {%- if counted -%} {%- do selects.append(_counted_select(counted, rows)) -%} {%- endif -%}
    {%- endfor -%}
    {%- do fail_point('in_gate') -%}
    {%- do return(_judge_gate(run_query(selects | join('\nunion all\n')), tests, relation, staged) if selects else none) -%}
{% endmacro %}


{#- One test as dbt would run it: its name, how many failures, and what it says of them. -#}
{% macro _test_select(test, rows) %}
    {%- do return('select ' ~ text_literal(test.name) ~ ' as test, cast(failures as string) as failures, should_warn, should_error from ('
        ~ get_test_sql(gate_test_sql(test, rows), test.config.fail_calc, test.config.warn_if, test.config.error_if, test.config.limit) ~ ')') -%}
{% endmacro %}


{#- All tests that say something of single rows, in one pass over the rows. -#}
{% macro _counted_select(tests, rows) %}
    {%- set sql -%}
        select test, cast(failures as string) as failures, should_warn, should_error
        from (
            select inline(array(
                {%- for test in tests %}
                named_struct('test', {{ text_literal(test.name) }}, 'failures', f{{ loop.index }}, 'should_warn', f{{ loop.index }} {{ test.config.warn_if }},
                    'should_error', f{{ loop.index }} {{ test.config.error_if }}){{ ',' if not loop.last }}
                {%- endfor %}
            ))
            from (
                select {% for test in tests %}count_if({{ row_condition(test) }}) as f{{ loop.index }}{{ ', ' if not loop.last }}{% endfor %}
                from {{ rows }}
            )
        )
    {%- endset -%}
    {%- do return(sql) -%}
{% endmacro %}


{#- Warn, or say why to stop, by each test's severity. -#}
{% macro _judge_gate(results, tests, relation, staged) %}
    {%- set by_name = {} -%}
    {%- for test in tests -%} {%- do by_name.update({test.name: test}) -%} {%- endfor -%}
    {%- for row in results -%}
        {%- set test = by_name[row['test']] -%}
        {%- set is_error = test.config.severity | upper == 'ERROR' and row['should_error'] -%}
        {%- set failure = 'test ' ~ test.name ~ ' fails for ' ~ row['failures'] ~ ' row(s)' -%}
        {%- if is_error -%}
            {%- set query = modules.re.sub('\\s+', ' ', gate_test_sql(test, '(select * from ' ~ relation ~ ' version as of ' ~ staged.id ~ ')')) | trim -%}
            {%- do return(model.name ~ ': the gate refused this batch: ' ~ failure ~ '. ' ~ relation ~ ' and its checkpoint are unchanged. See the rows: dbt show --inline "'
                ~ query ~ '". Mend the data or the rule, then run the same command again') -%}
        {%- elif row['should_warn'] or row['should_error'] -%}
            {%- do exceptions.warn(model.name ~ ': ' ~ failure ~ ' (severity: warn); published all the same') -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}

{#-
    What a model that calls check_rows has to agree on with others, or none for any other model: {
        'version': fingerprint of the rules, as far as they concern it,
        'siblings': names of the models that split the same rows with it, 'keeper': the one of them that keeps the rejected rows, or none,
        'is_keeper': whether the model itself does,
    }
    A `_deleted` model is concerned by the rules for deletions only, and looks only at the model whose deletions it remembers.
-#}
{% macro rules_of(node, nodes) %}
    {%- set owner = _rules_owner(node) -%}
    {%- if not owner -%} {%- do return(none) -%} {%- endif -%}
    {%- set is_deletions = node.name == owner ~ '_deleted' -%}
    {%- set siblings, keepers = [], [] -%}
    {%- for other in nodes if other.name != node.name and _rules_owner(other) == owner -%}
        {%- if other.name == owner or not is_deletions and other.name != owner ~ '_deleted' -%}
            {%- do siblings.append(other.name) -%}
            {%- if keeps_landed_rows(other) -%} {%- do keepers.append(other.name) -%} {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return({'version': rules_version(node_named(owner), is_deletions), 'siblings': siblings | sort, 'keeper': keepers[0] if keepers else none, 'is_keeper': keeps_landed_rows(node)}) -%}
{% endmacro %}


{#- The model whose rules a model asks, by its own text; none when it asks none. -#}
{% macro _rules_owner(node) %}
    {%- set found = modules.re.search("rules_of\\s*=\\s*['\"](\\w+)['\"]", node.raw_code or '') if node.resource_type == 'model' else none -%}
    {%- do return(found.group(1) if found else none) -%}
{% endmacro %}


{#- Pure: a fingerprint of what decides whether a row is valid, or only whether a deletion is. The rules' names do not. -#}
{% macro rules_version(node, is_deletions=false) %}
    {%- set decides = [] -%}
    {%- for column in landed_columns(node) -%} {%- do decides.append([column.name, column.type, column.meta.landed_as]) -%} {%- endfor -%}
    {%- for rule in row_rules(node, landed_columns(node)) if not is_deletions or rule.is_for_deletions -%} {%- do decides.append(rule.check) -%} {%- endfor -%}
    {%- do return(local_md5(tojson(decides))) -%}
{% endmacro %}


{#- Pure: each row of a model is a landed row: its key is where the row landed, so a row that is judged again can be taken back. -#}
{% macro keeps_landed_rows(node) %}
    {%- set keys = config_list(node, 'unique_key') -%}
    {%- do return(keys | length > 0 and not keys | reject('in', origin_column_names() + ['_source_size']) | list) -%}
{% endmacro %}

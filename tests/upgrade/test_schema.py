"""A database upgraded step by step and a new one have the same tables, guards and rights."""

import os

import psycopg

STATEMENTS = {
    "columns": """
        SELECT attrelid::regclass || ' ' || attname,
               format_type(atttypid, atttypmod) || attnotnull || coalesce(pg_get_expr(adbin, adrelid), '')
          FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
          JOIN pg_class ON pg_class.oid = attrelid
         WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped""",
    "constraints": """
        SELECT conrelid::regclass || ' ' || conname, pg_get_constraintdef(oid) FROM pg_constraint
         WHERE connamespace = 'public'::regnamespace""",
    "indexes": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "functions": """
        SELECT oid::regprocedure::text, pg_get_functiondef(oid) || coalesce(proacl::text, '') FROM pg_proc
         WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'compliance%'""",
    "triggers": """
        SELECT tgrelid::regclass || ' ' || tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal""",
    "rights": """
        SELECT table_name || ' ' || grantee, string_agg(privilege_type, ',' ORDER BY privilege_type)
          FROM information_schema.role_table_grants WHERE table_schema = 'public' GROUP BY table_name, grantee""",
}


def schema(url: str) -> dict[str, dict[str, str]]:
    """Kind -> name -> definition, without the parentheses that PostgreSQL adds when it prints a condition."""
    remove = str.maketrans("", "", "() \n")
    with psycopg.connect(url) as opened:
        return {
            kind: {str(name): str(definition).translate(remove) for name, definition in opened.execute(statement)}
            for kind, statement in STATEMENTS.items()
        }


def test_a_new_and_an_upgraded_database_have_the_same_schema(django_db_setup: None, upgraded_url: str) -> None:
    new = schema(os.environ["MIGRATION_DATABASE_URL"].rpartition("/")[0] + "/test_template")
    upgraded = schema(upgraded_url)
    for kind, definitions in new.items():
        assert len(definitions) > 20, kind
        assert upgraded[kind] == definitions, kind

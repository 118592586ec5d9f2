"""Bugs of queries, to be planted one by one: what a principal may take, what is counted, what is foreseen."""

from tests.faults.mutant import Mutant

ADMISSION = ("tests/api/test_admission.py",)
USAGE = ("tests/api/test_usage.py", "-k", "adds_up or added_up")
ESTIMATES = ("tests/api/test_estimates.py",)

_QUERIES = "app/services/queries.py"
_ALLOWANCES = "app/domain/allowances.py"
_SCANS = "app/sql/scans.py"

QUERY_MUTANTS = (
    Mutant(
        "a_place_is_not_given_back",
        _QUERIES,
        "        self.go_on_after(ended)\n",
        "",
        "who waits in line waits for the tick",
        ADMISSION,
    ),
    Mutant(
        "the_line_is_not_kept",
        _QUERIES,
        "return self._started(query) if self._allowances.may_start(query) else query",
        "return self._started(query)",
        "a look starts a query before its turn",
        ADMISSION,
    ),
    Mutant(
        "everyone_leads",
        "app/services/stored_answers.py",
        "return not pending.is_over",
        "return False",
        "a hundred who ask the same at once scan a hundred times",
        ADMISSION,
    ),
    Mutant(
        "bytes_are_not_reserved",
        _ALLOWANCES,
        "taken = self.spent_bytes + sum(one.bytes for one in self.places)",
        "taken = self.spent_bytes",
        "a day's bytes are spent twice by asking fast",
        ADMISSION,
    ),
    Mutant(
        "looks_do_not_count",
        _QUERIES,
        'return self._store.put(query.model_copy(update={"looked_at": now}))',
        "return query",
        "a query is stopped while somebody waits for it",
        ADMISSION,
    ),
    Mutant(
        "the_dead_keep_their_places",
        "app/services/open_queries.py",
        "            self._queries.go_on_after(query)\n            return",
        "            return",
        "who dies at the end of a query takes its place along",
        ADMISSION,
    ),
    Mutant(
        "ends_are_not_counted",
        "app/services/query_ends.py",
        "return self._store.put(ended, self._usage.of_query(ended))",
        "return self._store.put(ended)",
        "queries are not counted",
        USAGE,
    ),
    Mutant(
        "shares_do_not_add_up",
        "app/domain/usage.py",
        "upto = amount * seen // sum(weights)",
        "upto = given + amount * weight // sum(weights)",
        "the datasets' bytes are fewer than the query's",
        USAGE,
    ),
    Mutant(
        "clauses_are_read_once",
        _SCANS,
        "total += _counted(child, env)",
        "total |= _counted(child, env)",
        "an estimate is less than what a WITH clause that is named twice reads",
        ESTIMATES,
    ),
    Mutant(
        "or_is_taken_for_and",
        _SCANS,
        "elif isinstance(node, exp.And):",
        "elif isinstance(node, (exp.And, exp.Or)):",
        "an estimate leaves out partitions that are read",
        ESTIMATES,
    ),
    Mutant(
        "a_mirrored_sign_is_not_turned",
        _SCANS,
        "left, right, sign = right, left, _MIRRORED[sign]",
        "left, right = right, left",
        "an estimate leaves out partitions that are read",
        ESTIMATES,
    ),
)

"""Bugs of the table, of names and of keys that are given twice, to be planted one by one."""

from tests.faults.mutant import EVENTS, VERSIONS, Mutant

TABLE = ("tests/adapters/test_table.py",)
IDEMPOTENCY = ("tests/api/test_identity.py", "-k", "idempotency_key_have or holder_that_died")
_TABLE = "app/adapters/dynamodb/table.py"
_LOCATIONS = "app/domain/locations.py"

RECORD_MUTANTS = (
    Mutant(
        "no_revision_condition",
        _TABLE,
        '"rev = :rev"',
        '"rev = :rev OR attribute_exists(pk)"',
        "a stale writer overwrites what another wrote",
        TABLE,
    ),
    Mutant(
        "new_need_not_be_new",
        _TABLE,
        '"attribute_not_exists(pk)"',
        '"attribute_not_exists(nothing)"',
        "two creators of one name both win",
        TABLE,
    ),
    Mutant(
        "no_operation_id",
        _TABLE,
        "[-_OPERATIONS_KEPT + 1 :], operation) if op]",
        "[-_OPERATIONS_KEPT + 1 :],) if op]",
        "a lost answer is read as a conflict",
        TABLE,
    ),
    Mutant(
        "earlier_operations_forgotten",
        _TABLE,
        "(*write.earlier[-_OPERATIONS_KEPT + 1 :], operation)",
        "(operation,)",
        "a lost answer that another writer overtook is read as a conflict",
        TABLE,
    ),
    Mutant(
        "half_a_transaction_is_ours",
        _TABLE,
        "if len(failed) < len(writes):",
        "if len(failed) > len(writes):",
        "a refused transaction is reported as done",
        TABLE,
    ),
    Mutant(
        "any_failed_condition_is_ours",
        _TABLE,
        "if old is not None and operation in _item(old).operations:",
        "if old is not None:",
        "every conflict is taken for our own lost answer",
        TABLE,
    ),
    Mutant(
        "deleting_twice_is_a_conflict",
        _TABLE,
        "if old is None and write.doc is None:",
        "if old is None and write.doc is not None:",
        "a deletion whose answer was lost is a conflict",
        TABLE,
    ),
    Mutant(
        "page_tokens_open_any_list",
        _TABLE,
        'if body["q"] != _digest(pk, pk_name, sk_prefix):',
        'if body["q"] == "":',
        "a page token of one list is taken for another",
        TABLE,
    ),
    Mutant(
        "one_try_a_call",
        "app/adapters/aws.py",
        "service: str, *, retries: int = 4",
        "service: str, *, retries: int = 1",
        "the first hiccup of AWS is an error",
        TABLE,
    ),
    Mutant(
        "attempts_share_a_prefix",
        _LOCATIONS,
        'return f"{version_prefix(tenant, dataset_id, version)}a={attempt}/"',
        "return version_prefix(tenant, dataset_id, version)",
        "files of a failed attempt are read with those of the next",
        EVENTS,
    ),
    Mutant(
        "versions_share_a_table",
        _LOCATIONS,
        'return f"{name}__v{version}"',
        'return f"{name}__v"',
        "a new version replaces the old one while it is read",
        VERSIONS,
    ),
    Mutant(
        "tenants_share_databases",
        _LOCATIONS,
        "return namespace if tenant == home_tenant else",
        "return namespace if tenant else",
        "one tenant's tables are another's",
        VERSIONS,
    ),
    Mutant(
        "answers_are_not_kept",
        "app/services/idempotency.py",
        "            if found.status is not None:\n                return found\n",
        "",
        "a repeated request is done again",
        IDEMPOTENCY,
    ),
)

"""Bugs that somebody could plausibly write, and the tests that must find each. `old` stands once in the file."""

from typing import NamedTuple


class Mutant(NamedTuple):
    """One bug: `old` becomes `new` in `file`; `tests` are arguments of pytest, and budgets as NAME=value."""

    name: str
    file: str
    old: str
    new: str
    why: str
    tests: tuple[str, ...]


TABLE = ("tests/adapters/test_table.py",)
STATES = ("tests/unit/test_run_states.py",)
RUNS = ("tests/api/test_runs.py", "-k", "gate or follow or cancelled or events_alone")
EVENTS = (
    "tests/events/test_runs_by_events.py",
    "-k",
    "arrival_starts or chain or tried_again or could_not_be_told or while_a_run_works",
)
VERSIONS = ("tests/api/test_versions.py",)
ARRIVALS = ("tests/events/test_s3_notifications.py", "-k", "many_deliveries or same_content or each_version or eight")
DEATHS = ("tests/events/test_s3_notifications.py", "-k", "dies_around_any_write and after and stands")
CLOCKS = ("tests/faults/test_clocks.py", "-k", "jump_back")
REMOVAL = ("tests/faults/test_removal.py",)
PUBLISH = ("tests/faults/test_publish.py",)
STARTS = (
    "tests/faults/test_call_sites.py",
    "HEADGATE_FAULT_CALLS=1",
    "HEADGATE_FAULT_ONLY=StartQueryExecution .*run_steps.* answer_lost standard 5",
)
MODES = ("tests/api/test_jobs_modes.py", "-k", "only_new_files or latest_change or another_job or writes_only")
IDEMPOTENCY = ("tests/api/test_identity.py", "-k", "idempotency_key_have or holder_that_died")

_TABLE = "app/adapters/dynamodb/table.py"
_RUN = "app/domain/runs.py"
_RUNS = "app/services/run_engine.py"
_STEPS = "app/services/run_steps.py"
_VERSIONS = "app/services/versions.py"
_RETENTION = "app/services/retention.py"
_INGESTION = "app/services/ingestion.py"
_CLEANING = "app/services/run_cleaning.py"
_QUEUES = "app/services/run_queues.py"
_LOCATIONS = "app/domain/locations.py"

MUTANTS = (
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
        "token_without_attempt",
        _RUN,
        "parts = (run.tenant, run.id, step.value, str(run.attempt), str(number))",
        "parts = (run.tenant, run.id, step.value, str(number))",
        "the second attempt gets the first one's failed execution",
        STATES,
    ),
    Mutant(
        "no_statement_token",
        _STEPS,
        "token = statement_token(run, Step(str(run.step)), number)",
        "token = None",
        "a start whose answer was lost starts the statement twice",
        STARTS,
    ),
    Mutant(
        "attempts_are_not_counted",
        _RUN,
        "return self.attempt - self.refusals < MAX_ATTEMPTS",
        "return self.attempt - self.refusals <= MAX_ATTEMPTS",
        "one attempt too many",
        STATES,
    ),
    Mutant(
        "publish_before_the_gate",
        _RUN,
        "return self._next(RunState.RUNNING, Step.WRITE, step=Step.CHECK)",
        "return self._next(RunState.RUNNING, Step.WRITE, step=Step.PUBLISH)",
        "bad data is published",
        RUNS,
    ),
    Mutant(
        "steps_in_any_order",
        _RUN,
        "if self.state is not state or self.step is not step:",
        "if self.state is not state:",
        "a step can be left out",
        STATES,
    ),
    Mutant(
        "the_published_can_fail",
        _RUN,
        "if self.state is not RunState.RUNNING or self.is_published:\n"
        '            raise ValueError(f"run {self.id} cannot fail',
        'if self.state is not RunState.RUNNING:\n            raise ValueError(f"run {self.id} cannot fail',
        "a run that has published ends failed, and its version is dropped",
        STATES,
    ),
    Mutant(
        "a_failed_run_has_a_version",
        _RUN,
        'changes["version"] = None',
        'changes["version"] = self.version',
        "a failed run names a version that is gone",
        STATES,
    ),
    Mutant(
        "the_lease_is_forgotten",
        _RUNS,
        "now < run.lease_until:",
        "now > run.lease_until:",
        "two workers work on one run",
        CLOCKS,
    ),
    Mutant(
        "begun_without_the_queue",
        _RUNS,
        "return self._store.put(started, self._store.queues.write(run.tenant, run.job, queue.entered(run)))",
        "return self._store.put(started)",
        "a file that comes while a run works is never read",
        EVENTS,
    ),
    Mutant(
        "turns_are_not_awaited",
        "app/domain/job_queues.py",
        "return self.active is None and self.waiting[:1] == (run.id,)",
        "return self.waiting[:1] == (run.id,)",
        "the next run begins while one works",
        ("tests/unit/test_run_states.py", "-k", "queue"),
    ),
    Mutant(
        "queue_not_left",
        _RUNS,
        "queue.left(run))\n",
        "queue)\n",
        "after one run no other ever begins",
        RUNS,
    ),
    Mutant(
        "joined_without_the_queue",
        _QUEUES,
        "(self._store.write(run), self._store.queues.write(run.tenant, run.job, joined))",
        "(self._store.write(run),)",
        "a run never gets its turn",
        RUNS,
    ),
    Mutant(
        "pointer_swapped_by_itself",
        _RUNS,
        "stored = self._store.put(run, *after.writes)",
        "_ = after.writes and self._store.table.transact(after.writes)\n        stored = self._store.put(run)",
        "who dies between the swap and the run's record publishes for ever",
        PUBLISH,
    ),
    Mutant(
        "gate_without_consequence",
        "app/services/run_gate.py",
        "if failed := [one for one in judgements if one.is_barrier]:",
        "if failed := [one for one in judgements if one.is_barrier and not judgements]:",
        "a failed check does not fail the run",
        RUNS,
    ),
    Mutant(
        "failures_leave_their_files",
        _CLEANING,
        "        self._drop_attempts(stopped, stopped.attempt)\n",
        "",
        "what failed stays in the bucket for ever",
        RUNS,
    ),
    Mutant(
        "earlier_attempts_stay",
        _CLEANING,
        "        self._drop_attempts(run, run.attempt - 1)\n",
        "",
        "the failed attempts of a good run stay for ever",
        EVENTS,
    ),
    Mutant(
        "the_published_attempt_goes_too",
        _CLEANING,
        "self._drop_attempts(run, run.attempt - 1)",
        "self._drop_attempts(run, run.attempt)",
        "what was just published is deleted",
        EVENTS,
    ),
    Mutant(
        "cancelled_before_athena_stopped",
        _CLEANING,
        "if execution.is_over else None",
        "if execution else None",
        "Athena writes after the run's files were removed",
        RUNS,
    ),
    Mutant(
        "no_view_after_publication",
        _CLEANING,
        "        self._versions.show(dataset)\n",
        "",
        "readers of the Glue view stay on the old version",
        EVENTS,
    ),
    Mutant(
        "publications_are_not_announced",
        _CLEANING,
        "return Cleaned(run, (run.target,))",
        "return Cleaned(run)",
        "the next job of a chain never begins",
        EVENTS,
    ),
    Mutant(
        "who_comes_next_is_forgotten",
        _QUEUES,
        "names += [job.name for job in self._jobs.readers_of(run.tenant, run.target)]",
        "names += []",
        "the next job of a chain waits for the tick",
        EVENTS,
    ),
    Mutant(
        "the_current_version_is_old",
        _RETENTION,
        "            kept.add(dataset.current_version)\n",
        "            pass\n",
        "after a rollback the current version is deleted",
        VERSIONS,
    ),
    Mutant(
        "one_version_too_many",
        _RETENTION,
        "alive[: max(1, self._settings.versions_kept)]",
        "alive[: 1 + max(1, self._settings.versions_kept)]",
        "old versions pile up",
        VERSIONS,
    ),
    Mutant(
        "no_grace",
        _RETENTION,
        "if new.created_at > self._long_ago}",
        "if new.created_at > self._clock()}",
        "a version is deleted under a running query",
        REMOVAL,
    ),
    Mutant(
        "rollback_without_the_manifest",
        _VERSIONS,
        "self._store.table.transact([dataset_write(pointed), _manifest(version)])",
        "self._store.table.transact([dataset_write(pointed)])",
        "a version is rolled back to and removed at the same time",
        REMOVAL,
    ),
    Mutant(
        "removed_although_rolled_back_to",
        _RETENTION,
        "return version  # somebody rolled back to it",
        "marked = version",
        "the removal goes on although its mark was refused",
        REMOVAL,
    ),
    Mutant(
        "rolled_back_to_what_is_gone",
        _VERSIONS,
        "if version.removed_at is not None:\n                raise",
        "if version.bucket is None:\n                raise",
        "readers are sent to files that are deleted",
        VERSIONS,
    ),
    Mutant(
        "arrivals_are_not_announced",
        _INGESTION,
        "        self._on_commit(file.tenant, file.dataset_id)\n",
        "",
        "a job that waits for files never begins",
        EVENTS,
    ),
    Mutant(
        "noted_before_it_is_told",
        _INGESTION,
        "return self._announced(_told(self._commits.commit(self._placed(file, dataset, schema, head, report))))",
        "return _told(self._commits.commit(self._placed(file, dataset, schema, head, report)))",
        "who waits is not told by the first delivery",
        EVENTS,
    ),
    Mutant(
        "no_content_claim",
        _INGESTION,
        "        self._files.claim(file, content, claim)\n",
        "",
        "the same content at once is committed twice",
        ARRIVALS,
    ),
    Mutant(
        "settled_files_come_again",
        _INGESTION,
        "        if file.is_settled:\n            return self._announced(file)\n        dataset",
        "        dataset",
        "an event that comes twice counts its file twice",
        ARRIVALS,
    ),
    Mutant(
        "one_row_an_object",
        "app/domain/files.py",
        'f"{key}\\x00{version_id}"',
        'f"{key}"',
        "a new version of an object is taken for the old one",
        ARRIVALS,
    ),
    Mutant(
        "the_count_without_the_file",
        "app/adapters/dynamodb/files.py",
        "writing(version_key, version), self.write(file), count])",
        "writing(version_key, version), count])\n        self.table.write(self.write(file))",
        "who dies in between counts the file twice",
        DEATHS,
    ),
    Mutant(
        "fingerprint_without_files",
        "app/domain/builds.py",
        "list(one.files) if one.files else one.version",
        "one.version",
        "new files are taken for what was loaded already",
        STATES,
    ),
    Mutant(
        "answers_are_not_kept",
        "app/services/idempotency.py",
        "            if found.status is not None:\n                return found\n",
        "",
        "a repeated request is done again",
        IDEMPOTENCY,
    ),
    Mutant(
        "touched_partitions_stay",
        "app/services/assembly.py",
        "return plain not in touched",
        "return True",
        "a merged row is there twice, as it was and as it is",
        MODES,
    ),
    Mutant(
        "no_parents",
        "app/services/assembly.py",
        "tuple(one for one in holders if one != run.version)",
        "()",
        "files that a version refers to are purged",
        REMOVAL,
    ),
    Mutant(
        "references_hold_nothing",
        _RETENTION,
        "            version.id in other.parents and (",
        "            version.id == other.id and (",
        "a removed version's files go although others refer to them",
        REMOVAL,
    ),
    Mutant(
        "purged_for_ever_again",
        _RETENTION,
        '        self._store.put(version.model_copy(update={"purged_at": self._clock()}))\n',
        "",
        "what is gone is purged again by every run",
        REMOVAL,
    ),
    Mutant(
        "the_base_may_have_moved",
        "app/services/run_steps.py",
        "if run.base is not None and target.current_version != run.base:",
        "if run.base is not None and target.current_version is None:",
        "a run publishes on top of what a rollback took away",
        PUBLISH,
    ),
    Mutant(
        "loaded_files_come_again",
        "app/services/run_inputs.py",
        "if self.after < one.sequence <=",
        "if self.after <= one.sequence <=",
        "the last loaded file enters twice",
        MODES,
    ),
    Mutant(
        "the_interval_is_forgotten",
        "app/services/run_plans.py",
        'after=0 if build == "rebuild" else loaded',
        "after=0",
        "every incremental run loads all files again",
        MODES,
    ),
    Mutant(
        "two_files_with_one_number",
        "app/services/commits.py",
        "dataset.last_sequence + 1",
        "max(1, dataset.last_sequence)",
        "the second file is taken for the first and never loaded",
        MODES,
    ),
    Mutant(
        "another_logic_is_the_same",
        "app/services/run_plans.py",
        "current.logic == logic and not run.is_forced",
        "not run.is_forced",
        "a changed job builds on rows that it would not make",
        MODES,
    ),
    Mutant(
        "late_changes_win",
        "app/sql/changes.py",
        "first = mine > theirs if key.descending else mine < theirs",
        "first = mine < theirs if key.descending else mine > theirs",
        "an old change that comes late overwrites a new one",
        MODES,
    ),
    Mutant(
        "old_places_are_not_touched",
        "app/sql/changes.py",
        ".where(sa.or_(is_new, old.c[INGEST_COLUMN].is_not(None)))",
        ".where(is_new)",
        "a row that moves to another partition stays in the old one, too",
        MODES,
    ),
)

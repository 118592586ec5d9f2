"""Bugs of versions, files and merges, to be planted one by one."""

from tests.faults.mutant import Mutant

STATES = ("tests/unit/test_run_states.py",)
EVENTS = (
    "tests/events/test_runs_by_events.py",
    "-k",
    "arrival_starts or chain or tried_again or could_not_be_told or while_a_run_works",
)
VERSIONS = ("tests/api/test_versions.py",)
ARRIVALS = ("tests/events/test_s3_notifications.py", "-k", "many_deliveries or same_content or each_version or eight")
DEATHS = ("tests/events/test_s3_notifications.py", "-k", "dies_around_any_write and after and stands")
REMOVAL = ("tests/faults/test_removal.py",)
PUBLISH = ("tests/faults/test_publish.py",)
MODES = ("tests/api/test_jobs_modes.py", "-k", "only_new_files or latest_change or another_job or writes_only")
_VERSIONS = "app/services/versions.py"
_RETENTION = "app/services/retention.py"
_INGESTION = "app/services/ingestion.py"

DATA_MUTANTS = (
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

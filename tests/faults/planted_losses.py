"""Bugs that were there, and lost rows until somebody read the engine for them; to be planted one by one."""

from tests.faults.mutant import Mutant

RETENTION = ("tests/api/test_retention.py",)
PLACES = ("tests/api/test_jobs_modes.py", "-k", "knows_its_range or whatever_way or without_a_key")
PARTS = ("tests/api/test_jobs_parts.py",)

LOSS_MUTANTS = (
    Mutant(
        "a_list_is_a_snapshot",
        "app/services/run_inputs.py",
        " and file.sequence <= last]",
        "]",
        "a file that is committed behind the list of files is never loaded",
        ("tests/faults/test_claimed_files.py",),
    ),
    Mutant(
        "old_versions_have_no_files",
        "app/services/retention.py",
        "older = sorted(set(prefixes) - {version.id for version in found}, reverse=True)",
        "older: list[str] = []",
        "files behind a page of purged versions are taken for orphans",
        RETENTION,
    ),
    Mutant(
        "a_rollback_is_no_arrival",
        "app/domain/versions.py",
        "return self.restored_at or self.created_at",
        "return self.created_at",
        "the version that readers were rolled back to goes under their queries",
        RETENTION,
    ),
    Mutant(
        "ranges_of_text",
        "app/sql/changes.py",
        "return sa.and_(column >= low, column <= high)",
        "return sa.and_(sa.cast(column, sa.String()) >= str(one.from_), sa.cast(column, sa.String()) <= str(one.to))",
        "a back-fill of months 1 to 12 loses 2 to 9",
        PLACES,
    ),
    Mutant(
        "timestamps_by_their_text",
        "app/domain/partition_values.py",
        '    if kind.name == "timestamp":\n',
        "    if False:\n",
        "a merge does not find the partition that it rewrites",
        PLACES,
    ),
    Mutant(
        "a_merge_takes_rows_without_a_key",
        "app/services/run_statements.py",
        "name for name in merge_keys if name not in key",
        "name for name in merge_keys if name in key",
        "such rows are one or two, as their files fall into runs",
        PLACES,
    ),
    Mutant(
        "retyped_files_are_verified",
        "app/services/run_inputs.py",
        "if file.schema_version in otherwise or (",
        "if (",
        "values that are none of the new type become NULL unseen",
        ("tests/api/test_checks.py", "-k", "retyped"),
    ),
    Mutant(
        "columns_stay_where_they_were",
        "app/services/commits.py",
        "                if self._is_as_verified(file, dataset):\n",
        "                if dataset is not None:\n",
        "columns are swapped under a file that is on its way",
        ("tests/events/test_s3_notifications.py", "-k", "verified_again"),
    ),
    Mutant(
        "a_circle_by_two",
        "app/services/jobs.py",
        "return self._stored(changed, job, *turn)",
        "return self._stored(changed, job)",
        "two jobs start each other without end",
        ("tests/events/test_triggers_runs.py", "-k", "circle"),
    ),
    Mutant(
        "a_part_is_shown",
        "app/domain/builds.py",
        "return any(one.files and one.sequence < seen.get(one.dataset, one.sequence + 1) for one in inputs)",
        "return False",
        "a rebuild takes files from readers until its last part",
        PARTS,
    ),
    Mutant(
        "a_rebuild_forgets_its_parts",
        "app/services/run_plans.py",
        "staged = None if run.scope else self._versions.find_staged(target)",
        "staged = None",
        "a rebuild of more files than one run takes never ends",
        PARTS,
    ),
    Mutant(
        "what_is_staged_is_too_old",
        "app/services/retention.py",
        "kept |= {dataset.current_version, dataset.staged_version}",
        "kept |= {dataset.current_version}",
        "the part that a rebuild goes on with is removed",
        PARTS,
    ),
    Mutant(
        "a_part_is_news",
        "app/services/run_cleaning.py",
        "() if run.is_staged else (run.target,)",
        "(run.target,)",
        "jobs are started for what no reader sees",
        PARTS,
    ),
)

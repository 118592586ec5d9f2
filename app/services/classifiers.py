"""Classifiers: kept under names, their patterns checked when they are put."""

from app.adapters.dynamodb.classifiers import ClassifierStore
from app.adapters.dynamodb.table import Page
from app.domain.access import Principal
from app.domain.classifiers import MAX_AUTOMATIC, Classifier, NewClassifier
from app.domain.errors import Conflict, FieldError, InvalidInput
from app.domain.identifiers import Clock
from app.domain.records import check_revision


class Classifiers:
    """A tenant's own. Files that were taken in stay as they were read, whatever becomes of a classifier."""

    def __init__(self, store: ClassifierStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def put(self, principal: Principal, name: str, new: NewClassifier, revision: int | None) -> tuple[Classifier, bool]:
        """Create it, or replace it at the revision read; whether it is new. InvalidInput names what is wrong where."""
        before = self._store.find(principal.tenant, name)
        check_revision(before, revision)
        groups = _groups(new)
        if new.automatic:
            self._check_room(principal.tenant, name)
        now = self._clock()
        classifier = Classifier(
            tenant=principal.tenant,
            name=name,
            groups=groups,
            **{field: getattr(new, field) for field in NewClassifier.model_fields},
            created_at=before.created_at if before else now,
            created_by=before.created_by if before else principal.id,
            updated_at=now,
            updated_by=principal.id,
            revision=before.revision if before else 0,
            operations=before.operations if before else (),
        )
        return self._store.put(classifier), before is None

    def get(self, principal: Principal, name: str) -> Classifier:
        return self._store.get(principal.tenant, name)

    def list(self, principal: Principal, limit: int, page_token: str | None) -> Page[Classifier]:
        return self._store.list(principal.tenant, limit, page_token)

    def delete(self, principal: Principal, name: str, revision: int) -> None:
        check_revision(self._store.get(principal.tenant, name), revision)
        self._store.delete(principal.tenant, name, revision)

    def _check_room(self, tenant: str, name: str) -> None:
        others = [one for one in self._store.automatic(tenant) if one.name != name]
        if len(others) >= MAX_AUTOMATIC:
            raise Conflict(f"{MAX_AUTOMATIC} classifiers are automatic already; name this one in a dataset's format.")


def _groups(new: NewClassifier) -> tuple[str, ...]:
    from app.intake.patterns import BadPattern, check_skip, groups_of

    wrong: list[FieldError] = []
    groups: tuple[str, ...] = ()
    try:
        groups = groups_of(new.pattern)
    except BadPattern as error:
        wrong.append(FieldError("/pattern", "bad_pattern", f"{error}."))
    try:
        if new.skip is not None:
            check_skip(new.skip)
    except BadPattern as error:
        wrong.append(FieldError("/skip", "bad_pattern", f"{error}."))
    if groups:
        wrong += [
            FieldError(f"/columns/{at}/name", "unknown_group", "The pattern has no group of this name.")
            for at, column in enumerate(new.columns)
            if column.name not in groups
        ]
    if wrong:
        raise InvalidInput(f"{len(wrong)} part(s) of the classifier are not valid; see errors.", tuple(wrong))
    return groups

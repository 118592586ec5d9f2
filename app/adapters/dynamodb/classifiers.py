"""Classifiers."""

from app.adapters.dynamodb import keys
from app.adapters.dynamodb.records import Records
from app.adapters.dynamodb.table import Page, Write
from app.domain.classifiers import Classifier

_PAGE = 1_000


class ClassifierStore(Records[Classifier]):
    model = Classifier
    noun = "classifier"

    def find(self, tenant: str, name: str) -> Classifier | None:
        return self._find(keys.classifier(tenant, name))

    def get(self, tenant: str, name: str) -> Classifier:
        return self._get(keys.classifier(tenant, name), name)

    def put(self, classifier: Classifier) -> Classifier:
        return self._put(keys.classifier(classifier.tenant, classifier.name), classifier)

    def delete(self, tenant: str, name: str, revision: int) -> None:
        """PreconditionFailed when it changed since."""
        self.table.write(Write(keys.classifier(tenant, name), None, expected=revision))

    def list(self, tenant: str, limit: int, page_token: str | None) -> Page[Classifier]:
        """By name; strongly consistent."""
        pk = keys.classifier(tenant, "").pk
        return self._page(self.table.query(pk, limit=limit, page_token=page_token))

    def automatic(self, tenant: str) -> tuple[Classifier, ...]:
        """Those to be tried on files of unknown format, by name."""
        found: list[Classifier] = []
        page = self.list(tenant, _PAGE, None)
        found += page.items
        while page.next_page_token is not None:
            page = self.list(tenant, _PAGE, page.next_page_token)
            found += page.items
        return tuple(one for one in found if one.automatic)

import { Link } from "react-router";
import { Page } from "../parts/page";

export default function NotFoundPage() {
  return (
    <Page title="There is no such page">
      <p>
        <Link to="/catalogue">The catalogue</Link> knows every dataset.
      </p>
    </Page>
  );
}

import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { savedQueries } from "../../api/saved-queries";
import { expectCharts } from "../../charts/drawing";
import { Empty } from "../../parts/empty";
import { Loaded } from "../../parts/loaded";
import { Page } from "../../parts/page";
import { Tile } from "./tile";

expectCharts();

/** Every saved query that has a chart, drawn from the API's own series. */
export default function BoardPage() {
  const saved = useQuery(savedQueries);
  return (
    <Page
      title="Charts"
      actions={
        <Link className="button" to="/query">
          New chart
        </Link>
      }
    >
      <Loaded of={saved}>
        {(all) => {
          const charts = all.filter(({ chart }) => chart !== null);
          if (charts.length === 0) return <NoCharts />;
          return (
            <div className="board">
              {charts.map((query) => (
                <Tile key={query.name} saved={query} />
              ))}
            </div>
          );
        }}
      </Loaded>
    </Page>
  );
}

function NoCharts() {
  return (
    <Empty title="No charts yet">
      <p>
        A chart here is a saved query: SQL under a name, with which column runs along x. It is drawn from the same
        address that any dashboard can read, and is not computed again until its data changes.
      </p>
      <ol>
        <li>
          <Link to="/query">Ask in SQL</Link>, for instance a count by day.
        </li>
        <li>Press “Chart” above the answer and choose what to draw.</li>
        <li>Save it. It appears here, for everyone with a key.</li>
      </ol>
      <p>
        Nothing to ask about yet? <Link to="/catalogue">Register a dataset and drop a file</Link>.
      </p>
    </Empty>
  );
}

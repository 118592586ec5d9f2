import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "react-router";
import { savedQuery } from "../../api/saved-queries";
import { Loaded } from "../../parts/loaded";
import { QueryDesk } from "./query-desk";

/** `?sql=` and `?id=` make an address that shows the same to whoever opens it; `?saved=` opens a saved query. */
export default function QueryPage() {
  const [parameters] = useSearchParams();
  const name = parameters.get("saved");
  return name ? <SavedDesk key={name} name={name} /> : <QueryDesk key="new" />;
}

function SavedDesk({ name }: { name: string }) {
  const saved = useQuery(savedQuery(name));
  return <Loaded of={saved}>{(found) => <QueryDesk opened={found} />}</Loaded>;
}

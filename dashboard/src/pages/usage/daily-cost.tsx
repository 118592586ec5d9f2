import type { Options } from "highcharts";
import { useMemo } from "react";
import type { UsageView } from "../../api/types";
import { Drawing } from "../../charts/drawing";
import { dollars } from "../../parts/format";

/** A column a day, also for the days without any cost. */
export function DailyCost({ usage }: { usage: UsageView }) {
  const options = useMemo((): Options => {
    const data = usage.items.map(({ key, cost_usd }): [number, number] => [Date.parse(key), Number(cost_usd)]);
    return {
      chart: { type: "column" },
      accessibility: { description: "Cost in US dollars by day" },
      xAxis: { type: "datetime", min: Date.parse(usage.from), max: Date.parse(usage.to) },
      yAxis: {
        title: { text: "US dollars a day" },
        labels: { formatter: ({ value }) => dollars(value) },
      },
      legend: { enabled: false },
      tooltip: { xDateFormat: "%e %b %Y", pointFormatter: formatted },
      series: [{ type: "column", name: "Cost", data, pointRange: 86_400_000 }],
    };
  }, [usage]);
  return <Drawing options={options} />;
}

function formatted(this: { y?: number | null }) {
  return dollars(this.y ?? 0);
}

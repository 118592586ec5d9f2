import type { Options } from "highcharts";
import { useEffect, useRef } from "react";

const library = () => import("./highcharts");

/** Starts loading Highcharts before there is anything to draw. */
export const expectCharts = () => void library();

/** A chart that fills its place. */
export function Drawing({ options }: { options: Options }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let end = () => {};
    let isGone = false;
    library().then(({ Highcharts }) => {
      if (isGone || !place.current) return;
      const chart = Highcharts.chart(place.current, options);
      end = () => chart.destroy();
    });
    return () => {
      isGone = true;
      end();
    };
  }, [options]);
  return <div ref={place} className="drawing" />;
}

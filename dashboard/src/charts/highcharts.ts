// The one import of Highcharts: a chunk of its own, loaded with the first chart.
import Highcharts from "highcharts/esm/highcharts";
import "highcharts/esm/modules/accessibility";

Highcharts.setOptions({
  chart: { style: { fontFamily: "inherit" }, backgroundColor: "transparent", animation: false, zooming: { type: "x" } },
  colors: [1, 2, 3, 4, 5, 6].map((number) => `var(--chart-${number})`),
  credits: { enabled: false },
  title: { text: undefined },
  legend: { itemStyle: { fontWeight: "400", fontSize: "12px" } },
  plotOptions: {
    pie: { dataLabels: { style: { color: "var(--text)", textOutline: "none", fontWeight: "400" } } },
    area: { fillOpacity: 0.12 },
    series: { animation: false, marker: { enabledThreshold: 8, radius: 3 }, turboThreshold: 0 },
  },
});

export { Highcharts };

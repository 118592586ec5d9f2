"use strict";
// One page: are callers served, is work waiting, what does Athena cost.
const { sub } = require("./cloudformation.cjs");

const REGION = "${AWS::Region}";
const widget = (at, title, metrics, stat = "Sum") => ({
  type: "metric",
  x: (at % 3) * 8,
  y: Math.floor(at / 3) * 6,
  width: 8,
  height: 6,
  properties: { title, metrics, stat, period: 300, region: REGION, view: "timeSeries" },
});
const apis = (name) => ["HttpApi", "KeysApi"].map((one) => ["AWS/ApiGateway", name, "ApiId", `\${${one}}`]);
const functions = (name) =>
  ["Api", "Events", "Schedule"].map((one) => ["AWS/Lambda", name, "FunctionName", `\${${one}LambdaFunction}`]);
const logged = (stage, ...names) => names.map((name) => ["Headgate", `${stage}-${name}`]);
const scanned = ["Small", "Medium", "Large"].map((one) => [
  "AWS/Athena", "ProcessedBytes", "WorkGroup", `\${${one}Workgroup}`, "QueryState", "SUCCEEDED", "QueryType", "DML",
]);

const widgets = (stage) => [
  widget(0, "Requests", apis("Count")),
  widget(1, "Refused and failed", [...apis("4xx"), ...apis("5xx")]),
  widget(2, "Latency, p99 (ms)", apis("Latency"), "p99"),
  widget(3, "Functions: errors", functions("Errors")),
  widget(4, "Functions: longest (ms)", functions("Duration"), "Maximum"),
  widget(5, "Functions at once", functions("ConcurrentExecutions"), "Maximum"),
  widget(6, "Events that wait; dead letters", ["EventsQueue", "DeadLetterQueue"].map((one) => [
    "AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", `\${${one}.QueueName}`,
  ]), "Maximum"),
  widget(7, "Files and runs", logged(stage, "files-committed", "files-quarantined", "runs-failed")),
  widget(8, "Athena: bytes scanned", scanned),
];

module.exports = async ({ resolveVariable }) => {
  const stage = await resolveVariable("sls:stage");
  return {
    Resources: {
      Dashboard: {
        Type: "AWS::CloudWatch::Dashboard",
        Properties: {
          DashboardName: `headgate-${stage}`,
          DashboardBody: sub(JSON.stringify({ widgets: widgets(stage) })),
        },
      },
    },
  };
};

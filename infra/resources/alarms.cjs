"use strict";
// Each alarm is one that a person can act on; docs/operations.md has what to do, under the alarm's name.
const { sub, ref, arnOf } = require("./cloudformation.cjs");

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const LOGGED = "Headgate";

const metric = (namespace, name, dimensions, stat, period) => ({
  MetricStat: {
    Metric: {
      Namespace: namespace,
      MetricName: name,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    },
    Stat: stat,
    Period: period,
  },
});
const queried = (metrics, expression) => [
  ...metrics.map((one, n) => ({ Id: `m${n}`, ReturnData: !expression && n === 0, ...one })),
  ...(expression ? [{ Id: "result", Expression: expression, ReturnData: true }] : []),
];
// Missing points are made 0 here: where periods lack a point CloudWatch judges older ones instead, and in DynamoDB's
// namespace it leaves the alarm as it is, whatever TreatMissingData says.
const sum = (metrics) => metrics.map((_, n) => `FILL(m${n}, 0)`).join(" + ");

/** `of`: metrics that are added up, or the `expression` over them. `silence`: what no figure at all means. */
const alarm = (stage, name, what, { of, expression, above, below, periods = 1, silence = "notBreaching" }) => ({
  Type: "AWS::CloudWatch::Alarm",
  Properties: {
    AlarmName: `headgate-${stage}-${name}`,
    AlarmDescription: `${what} See docs/operations.md, "${name}".`,
    Metrics: queried(of, expression ?? (of.length > 1 ? sum(of) : undefined)),
    ComparisonOperator: below === undefined ? "GreaterThanThreshold" : "LessThanThreshold",
    Threshold: below ?? above,
    EvaluationPeriods: periods,
    TreatMissingData: silence,
    AlarmActions: [ref("AlarmTopic")],
    OKActions: [ref("AlarmTopic")],
  },
});

const lambda = (name, metricName, stat, period) =>
  metric("AWS/Lambda", metricName, { FunctionName: ref(`${name}LambdaFunction`) }, stat, period);
const queue = (name, metricName, stat) =>
  metric("AWS/SQS", metricName, { QueueName: { "Fn::GetAtt": [name, "QueueName"] } }, stat, 5 * MINUTE);
const logged = (stage, name, period) => metric(LOGGED, `${stage}-${name}`, {}, "Sum", period);
const api = (metricName, stat) =>
  ["HttpApi", "KeysApi"].map((one) => metric("AWS/ApiGateway", metricName, { ApiId: ref(one) }, stat, 5 * MINUTE));
const invoked = [lambda("Schedule", "Invocations", "Sum", 5 * MINUTE)];
const scanned = ["Small", "Medium", "Large"].flatMap((one) =>
  ["SUCCEEDED", "CANCELED"].map((QueryState) => // failed ones are free
    metric("AWS/Athena", "ProcessedBytes", { WorkGroup: ref(`${one}Workgroup`), QueryState, QueryType: "DML" }, "Sum", DAY),
  ),
);
// The table's own figures leave its indexes out.
const throttled = [{}, { GlobalSecondaryIndexName: "gsi1" }, { GlobalSecondaryIndexName: "gsi2" }].flatMap((index) =>
  ["ReadThrottleEvents", "WriteThrottleEvents"].map((one) =>
    metric("AWS/DynamoDB", one, { TableName: ref("Table"), ...index }, "Sum", 5 * MINUTE),
  ),
);

const alarms = (stage, usd, price, hours) => ({
  "api-5xx": ["Callers get answers of 500 and above.", { of: api("5xx", "Sum"), above: 5 }],
  "dead-letters": [
    "Events that failed five times wait for a person.",
    { of: [queue("DeadLetterQueue", "ApproximateNumberOfMessagesVisible", "Maximum")], above: 0 },
  ],
  "events-late": [
    "Events wait longer than one that fails five times.", // its last try begins after 64 minutes and is over after 80
    { of: [queue("EventsQueue", "ApproximateAgeOfOldestMessage", "Maximum")], above: 90 * MINUTE },
  ],
  "no-tick": [
    "The schedule's function has not run.", // two periods: the figures of the newest may be on their way
    { of: invoked, expression: sum(invoked), below: 1, periods: 2, silence: "breaching" },
  ],
  "tick-fails": [
    "The schedule's function fails.",
    { of: [lambda("Schedule", "Errors", "Sum", 5 * MINUTE)], above: 2, periods: 2 },
  ],
  "functions-throttled": [
    "Lambda refuses invocations: the account's concurrency is used up.",
    { of: ["Api", "Events", "Schedule"].map((one) => lambda(one, "Throttles", "Sum", 5 * MINUTE)), above: 0, periods: 2 },
  ],
  "runs-fail": ["Runs of jobs end in failure.", { of: [logged(stage, "runs-failed", HOUR)], above: 0 }],
  "no-file": [
    `No file was committed for ${hours} hours.`,
    { of: [logged(stage, "files-committed", hours * HOUR)], below: 1, silence: "breaching" },
  ],
  "files-late": ["A contract's time passed without its files.", { of: [logged(stage, "files-late", HOUR)], above: 0 }],
  "files-refused": ["Files are quarantined.", { of: [logged(stage, "files-quarantined", HOUR)], above: 0 }],
  "table-throttles": ["DynamoDB refuses reads or writes.", { of: throttled, above: 0, periods: 2 }],
  "athena-spend": [
    `Athena scanned for more than ${usd} USD in a day.`,
    { of: scanned, expression: `(${sum(scanned)}) / ${2 ** 40} * ${price}`, above: usd },
  ],
});

// Lambda writes a line as text, `[INFO] <time> <id> {...}`: terms, not JSON paths.
const told = (event, ...more) => [`"event": "${event}"`, ...more].map((one) => `"${one.replaceAll('"', '\\"')}"`).join(" ");
const filters = {
  "runs-failed": told("run_over", '"state": "failed"'),
  "files-committed": told("file_settled", '"state": "committed"'),
  "files-late": told("files_late"),
  "files-quarantined": told("file_settled", '"state": "quarantined"'),
};
const SOURCES = ["Api", "Events", "Schedule"]; // whoever takes the step writes the line
const filter = (stage, source, name) => ({
  Type: "AWS::Logs::MetricFilter",
  Properties: {
    LogGroupName: ref(`${source}LogGroup`),
    FilterPattern: filters[name],
    MetricTransformations: [
      {
        MetricNamespace: LOGGED,
        MetricName: `${stage}-${name}`,
        MetricValue: "1",
        DefaultValue: 0, // a minute whose lines do not match is a 0, and the tick writes lines every minute
        Unit: "Count",
      },
    ],
  },
});
const named = (text) => text.replace(/(^|-)([a-z0-9])/g, (_, __, letter) => letter.toUpperCase());

const topic = (email) => ({
  Type: "AWS::SNS::Topic",
  Properties: {
    KmsMasterKeyId: arnOf("Key"),
    ...(email && { Subscription: [{ Protocol: "email", Endpoint: email }] }),
  },
});
const topicPolicy = {
  Type: "AWS::SNS::TopicPolicy",
  Properties: {
    Topics: [ref("AlarmTopic")],
    PolicyDocument: {
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "OurAlarms",
          Effect: "Allow",
          Principal: { Service: "cloudwatch.amazonaws.com" },
          Action: "sns:Publish",
          Resource: ref("AlarmTopic"),
          Condition: { ArnLike: { "aws:SourceArn": sub("arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:*") } },
        },
      ],
    },
  },
};

module.exports = async ({ resolveVariable }) => {
  const stage = await resolveVariable("sls:stage");
  const usd = Number(await resolveVariable("param:athenaUsdPerDay"));
  const price = Number(await resolveVariable("param:athenaUsdPerTb"));
  const hours = Number(await resolveVariable("param:quietHours"));
  if (!(hours >= 1 && hours <= 24)) throw new Error("quietHours is 1 to 24: an alarm looks back a day at most");
  const email = await resolveVariable("param:alarmEmail");
  const all = Object.entries(alarms(stage, usd, price, hours));
  const counted = SOURCES.flatMap((source) => Object.keys(filters).map((name) => [source, name]));
  return {
    Resources: {
      AlarmTopic: topic(email),
      AlarmTopicPolicy: topicPolicy,
      ...Object.fromEntries(all.map(([name, [what, how]]) => [`${named(name)}Alarm`, alarm(stage, name, what, how)])),
      ...Object.fromEntries(
        counted.map(([source, name]) => [`${source}${named(name)}Filter`, filter(stage, source, name)]),
      ),
    },
  };
};

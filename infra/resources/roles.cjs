"use strict";
// A role a function, each with what its code calls and no more (docs/decisions/0014). `api` cannot write where data
// lies: it can start no CTAS that ends well. `events` and `schedule` do the same work, and differ in what wakes them.
const { sub, arnOf } = require("./cloudformation.cjs");

const allow = (Sid, Action, Resource, Condition) => ({
  Sid,
  Effect: "Allow",
  Action,
  Resource,
  ...(Condition && { Condition }),
});
const deny = (...statement) => ({ ...allow(...statement), Effect: "Deny" });
const inRegion = (rest) => sub(`arn:\${AWS::Partition}:${rest}`);
const bucketsOf = (...names) => names.map((name) => arnOf(`${name}Bucket`));
const objectsIn = (...names) => names.map((name) => sub(`\${${name}Bucket.Arn}/*`));
const ALL = ["Intake", "Pristine", "Curated", "Business", "Results"];
const WRITE = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"];

const basics = (name, stage) => [
  allow(
    "Logs",
    ["logs:CreateLogStream", "logs:PutLogEvents"],
    inRegion(`logs:\${AWS::Region}:\${AWS::AccountId}:log-group:/aws/lambda/headgate-${stage}-${name}:*`),
  ),
  // X-Ray has no resources to name.
  allow("Traces", ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*"),
];
const keys = [
  allow("Key", ["kms:Decrypt", "kms:GenerateDataKey"], arnOf("Key")),
  // DynamoDB asks for these in the name of whoever uses the table.
  allow(
    "KeyOfTheTable",
    ["Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey", "DescribeKey", "CreateGrant"].map(
      (one) => `kms:${one}`,
    ),
    arnOf("Key"),
    { StringEquals: { "kms:ViaService": sub("dynamodb.${AWS::Region}.amazonaws.com") } },
  ),
];

const ITEMS = [
  "dynamodb:GetItem",
  "dynamodb:BatchGetItem",
  "dynamodb:PutItem",
  "dynamodb:DeleteItem",
  "dynamodb:BatchWriteItem",
  "dynamodb:ConditionCheckItem",
  "dynamodb:Query",
];
// No Scan anywhere. Every item is below `T#<tenant>#`; one function serves all tenants, so a role cannot say which.
const tenants = { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["T#*"] } };
const items = (...indexes) => [
  allow("Items", ITEMS, arnOf("Table"), tenants),
  allow("Indexes", ["dynamodb:Query"], indexes.map((index) => sub(`\${Table.Arn}/index/${index}`)), tenants),
];

const workgroups = ["s", "m", "l"];
const athena = (stage) =>
  allow(
    "Athena",
    [
      "athena:StartQueryExecution",
      "athena:StopQueryExecution",
      "athena:GetQueryExecution",
      "athena:GetQueryResults",
      "athena:GetWorkGroup",
    ],
    workgroups.map((one) => inRegion(`athena:\${AWS::Region}:\${AWS::AccountId}:workgroup/headgate-${stage}-${one}`)),
  );
// Databases are namespaces, which callers name: the catalogue is what can be named here.
const catalog = ["catalog", "database/*", "table/*/*"].map((one) =>
  inRegion(`glue:\${AWS::Region}:\${AWS::AccountId}:${one}`),
);
const glue = (...writes) => [
  allow(
    "CatalogReads",
    ["GetDatabase", "GetDatabases", "GetTable", "GetTables", "GetPartition", "GetPartitions", "BatchGetPartition"].map(
      (one) => `glue:${one}`,
    ),
    catalog,
  ),
  allow("CatalogWrites", writes.map((one) => `glue:${one}`), catalog),
];
const TABLES = ["CreateDatabase", "CreateTable", "UpdateTable", "DeleteTable"];
const PARTITIONS = ["CreatePartition", "BatchCreatePartition", "UpdatePartition", "DeletePartition"];

const api = (stage) => [
  ...items("gsi1"), // gsi2 lists the work of all tenants
  deny("NotTheSweeps", ["dynamodb:PutItem", "dynamodb:DeleteItem"], arnOf("Table"), {
    "ForAnyValue:StringLike": { "dynamodb:LeadingKeys": ["T#~#SWEEP"] },
  }),
  allow("Buckets", ["s3:ListBucket", "s3:GetBucketLocation"], bucketsOf(...ALL)),
  allow("Reads", ["s3:GetObject", "s3:GetObjectVersion"], objectsIn(...ALL)),
  allow("Drops", WRITE, objectsIn("Intake")), // what a presigned URL may
  allow("Results", WRITE, objectsIn("Results")),
  allow("Uploads", ["s3:ListBucketMultipartUploads"], bucketsOf("Results")),
  deny(
    "NoData",
    ["s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"],
    objectsIn("Pristine", "Curated", "Business"),
  ),
  athena(stage),
  ...glue(...TABLES),
  allow("HandsOver", ["sqs:GetQueueUrl", "sqs:SendMessage"], arnOf("EventsQueue")),
  ...keys,
];
const worker = (stage) => [
  ...items("gsi1", "gsi2"),
  allow("Buckets", ["s3:ListBucket", "s3:GetBucketLocation"], bucketsOf(...ALL)),
  allow("Sweeps", ["s3:ListBucketVersions"], bucketsOf("Intake")),
  allow("Swept", ["s3:DeleteObjectVersion"], objectsIn("Intake")),
  allow("Reads", ["s3:GetObject", "s3:GetObjectVersion"], objectsIn(...ALL)),
  allow("Writes", WRITE, objectsIn("Pristine", "Curated", "Business", "Results")),
  allow("Uploads", ["s3:ListBucketMultipartUploads"], bucketsOf("Curated", "Business", "Results")),
  allow("Cleans", ["s3:DeleteObject"], objectsIn("Curated", "Business")), // originals are deleted by nobody
  athena(stage),
  ...glue(...TABLES, ...PARTITIONS),
  ...keys,
];
const RECEIVE = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"];
const statements = {
  api,
  events: (stage) => [...worker(stage), allow("Receives", RECEIVE, arnOf("EventsQueue"))],
  schedule: worker,
  claims: () => [],
};

const role = (name, stage) => ({
  Type: "AWS::IAM::Role",
  Properties: {
    AssumeRolePolicyDocument: {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
    },
    Policies: [
      {
        PolicyName: name,
        PolicyDocument: { Version: "2012-10-17", Statement: [...basics(name, stage), ...statements[name](stage)] },
      },
    ],
  },
});

module.exports = async ({ resolveVariable }) => {
  const stage = await resolveVariable("sls:stage");
  return {
    Resources: Object.fromEntries(
      Object.keys(statements).map((name) => [`${name[0].toUpperCase()}${name.slice(1)}Role`, role(name, stage)]),
    ),
  };
};

"use strict";
// The five tiers. They differ in whether versions are kept, who else may write, and what becomes of old objects.
const { sub, ref, arnOf } = require("./cloudformation.cjs");
const origins = require("./origins.cjs");

const abandoned = {
  Id: "abandoned-uploads",
  Status: "Enabled",
  AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 },
};
const old = (days) => ({
  Id: "superseded",
  Status: "Enabled",
  NoncurrentVersionExpiration: { NoncurrentDays: days },
  ExpiredObjectDeleteMarker: true,
});
const cheaper = (...steps) => ({
  Id: "cheaper",
  Status: "Enabled",
  Transitions: steps.map(([days, tier]) => ({ TransitionInDays: days, StorageClass: tier })),
});
const gone = (days) => ({ Id: "expire", Status: "Enabled", ExpirationInDays: days });

const buckets = (origins) => ({
  // The product deletes what the pristine bucket holds; after a month whatever is left is nobody's.
  Intake: { rules: [gone(30), old(1)], methods: ["PUT"], origins },
  // Originals stay. They are read while they are new and when a job loads everything again.
  Pristine: { rules: [cheaper([30, "STANDARD_IA"], [180, "GLACIER_IR"]), old(90)] },
  // The product deletes versions of datasets itself, by reference; a week mends a mistake.
  Curated: { rules: [cheaper([0, "INTELLIGENT_TIERING"]), old(7)] },
  Business: { rules: [cheaper([0, "INTELLIGENT_TIERING"]), old(7)] },
  Results: { rules: [gone(7), old(1)], methods: ["GET", "HEAD"], origins },
});

const rule = (methods, origins) => ({
  AllowedMethods: methods,
  AllowedOrigins: origins,
  AllowedHeaders: ["*"],
  ExposedHeaders: ["ETag", "x-amz-version-id"],
  MaxAge: 3000,
});
const notifications = {
  QueueConfigurations: [{ Event: "s3:ObjectCreated:*", Queue: arnOf("EventsQueue") }],
};

const closed = {
  OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
  PublicAccessBlockConfiguration: {
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  },
};

const bucket = (name, stage, { rules, methods, origins }) => ({
  Type: "AWS::S3::Bucket",
  DeletionPolicy: "RetainExceptOnCreate",
  UpdateReplacePolicy: "Retain",
  ...(name === "Intake" && { DependsOn: "EventsQueuePolicy" }),
  Properties: {
    BucketName: sub(`headgate-${stage}-${name.toLowerCase()}-\${AWS::AccountId}-\${AWS::Region}`),
    ...closed,
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [
        {
          BucketKeyEnabled: true,
          ServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: arnOf("Key") },
        },
      ],
    },
    VersioningConfiguration: { Status: "Enabled" },
    LifecycleConfiguration: { Rules: [...rules, abandoned] },
    ...(methods && { CorsConfiguration: { CorsRules: [rule(methods, origins)] } }),
    ...(name === "Intake" && { NotificationConfiguration: notifications }),
  },
});

const tlsOnly = (name) => ({
  Sid: "TlsOnly",
  Effect: "Deny",
  Principal: "*",
  Action: "s3:*",
  Resource: [arnOf(`${name}Bucket`), sub(`\${${name}Bucket.Arn}/*`)],
  Condition: { Bool: { "aws:SecureTransport": "false" } },
});

const policy = (name) => ({
  Type: "AWS::S3::BucketPolicy",
  Properties: {
    Bucket: ref(`${name}Bucket`),
    PolicyDocument: { Version: "2012-10-17", Statement: [tlsOnly(name)] },
  },
});

module.exports = async ({ resolveVariable }) => {
  const stage = await resolveVariable("sls:stage");
  const all = Object.entries(buckets((await origins({ resolveVariable })).map(origins.said)));
  return {
    Resources: Object.fromEntries(
      all.flatMap(([name, one]) => [
        [`${name}Bucket`, bucket(name, stage, one)],
        [`${name}BucketPolicy`, policy(name)],
      ]),
    ),
  };
};
Object.assign(module.exports, { closed, tlsOnly });

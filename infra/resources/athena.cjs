"use strict";
// Workgroups are the backstop of what a query may scan. They make no Glue databases: the product makes one for each
// namespace that somebody registers (app/adapters/catalog.py), so their names are not known here.
const { sub, ref, arnOf } = require("./cloudformation.cjs");

const GIGABYTE = 10 ** 9;
const sizes = { Small: ["s", GIGABYTE], Medium: ["m", 100 * GIGABYTE], Large: ["l", 10_000 * GIGABYTE] };

const workgroup = (name, stage, [letter, limit]) => ({
  Type: "AWS::Athena::WorkGroup",
  Properties: {
    Name: `headgate-${stage}-${letter}`,
    Description: `Statements that may scan ${limit / GIGABYTE} GB`,
    RecursiveDeleteOption: true, // its history; results are in the bucket
    WorkGroupConfiguration: {
      BytesScannedCutoffPerQuery: limit,
      // Athena refuses a CTAS with a location in a workgroup that enforces its own; jobs run in the large one.
      EnforceWorkGroupConfiguration: name !== "Large",
      EngineVersion: { SelectedEngineVersion: "Athena engine version 3" },
      PublishCloudWatchMetricsEnabled: true,
      ResultConfiguration: {
        OutputLocation: sub("s3://${ResultsBucket}/athena/"),
        EncryptionConfiguration: { EncryptionOption: "SSE_KMS", KmsKey: arnOf("Key") },
        ExpectedBucketOwner: ref("AWS::AccountId"),
      },
    },
  },
});

module.exports = async ({ resolveVariable }) => {
  const stage = await resolveVariable("sls:stage");
  return {
    Resources: Object.fromEntries(
      Object.entries(sizes).map(([name, size]) => [`${name}Workgroup`, workgroup(name, stage, size)]),
    ),
  };
};

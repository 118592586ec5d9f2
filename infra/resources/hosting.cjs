"use strict";
// The dashboard's files: a private bucket behind CloudFront, if dashboardHosting is true (docs/decisions/0018).
// `make deploy-dashboard` fills it. Routes are in the fragment, so no address but `/` needs an answer.
const { sub, ref, arnOf } = require("./cloudformation.cjs");
const { closed, tlsOnly } = require("./buckets.cjs");
const { isHosting, dashboard, said } = require("./origins.cjs");

const CACHED_AS_THE_FILE_SAYS = "658327ea-f89d-4fab-a63d-7e88639e58f6"; // CloudFront's managed CachingOptimized
const TWO_YEARS = 63072000;

// What index.html says in its own <meta>, and the hosts that it cannot know. Nobody may put the page into a frame.
const csp = (hosts) =>
  [
    "default-src 'self'",
    `connect-src ${["'self'", ...hosts].join(" ")}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");

// By pattern where naming would close a circle: the APIs name the distribution as an origin that may call.
const hosts = (stage) => [
  "https://*.execute-api.${AWS::Region}.amazonaws.com",
  `https://headgate-${stage}-\${AWS::AccountId}.auth.\${AWS::Region}.amazoncognito.com`,
  ...["s3.${AWS::Region}", "s3"].map(
    (s3) => `https://${s3}.amazonaws.com/headgate-${stage}-intake-\${AWS::AccountId}-\${AWS::Region}/`,
  ),
];

const bucket = (stage) => ({
  Type: "AWS::S3::Bucket",
  DeletionPolicy: "RetainExceptOnCreate",
  UpdateReplacePolicy: "Retain",
  Properties: {
    BucketName: sub(`headgate-${stage}-site-\${AWS::AccountId}-\${AWS::Region}`),
    ...closed,
    // S3's own key: the files are public ones, and CloudFront cannot read what our key encrypts.
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
    },
    VersioningConfiguration: { Status: "Enabled" },
    LifecycleConfiguration: {
      Rules: [{ Id: "superseded", Status: "Enabled", NoncurrentVersionExpiration: { NoncurrentDays: 30 } }],
    },
  },
});

const policy = {
  Type: "AWS::S3::BucketPolicy",
  Properties: {
    Bucket: ref("SiteBucket"),
    PolicyDocument: {
      Version: "2012-10-17",
      Statement: [
        tlsOnly("Site"),
        {
          Sid: "TheDistributionReads",
          Effect: "Allow",
          Principal: { Service: "cloudfront.amazonaws.com" },
          Action: "s3:GetObject",
          Resource: sub("${SiteBucket.Arn}/*"),
          Condition: {
            StringEquals: {
              "AWS:SourceArn": sub(
                "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${SiteDistribution}",
              ),
            },
          },
        },
      ],
    },
  },
};

const access = (stage) => ({
  Type: "AWS::CloudFront::OriginAccessControl",
  Properties: {
    OriginAccessControlConfig: {
      Name: sub(`headgate-${stage}-site-\${AWS::Region}`),
      OriginAccessControlOriginType: "s3",
      SigningBehavior: "always",
      SigningProtocol: "sigv4",
    },
  },
});

const headers = (stage) => ({
  Type: "AWS::CloudFront::ResponseHeadersPolicy",
  Properties: {
    ResponseHeadersPolicyConfig: {
      Name: sub(`headgate-${stage}-site-\${AWS::Region}`),
      SecurityHeadersConfig: {
        ContentSecurityPolicy: { ContentSecurityPolicy: sub(csp(hosts(stage))), Override: true },
        ContentTypeOptions: { Override: true },
        FrameOptions: { FrameOption: "DENY", Override: true },
        ReferrerPolicy: { ReferrerPolicy: "no-referrer", Override: true },
        StrictTransportSecurity: { AccessControlMaxAgeSec: TWO_YEARS, IncludeSubdomains: true, Override: true },
      },
    },
  },
});

// CloudFront's own name has CloudFront's own certificate, and AWS sets its oldest protocol.
const named = (domain, certificate) => ({
  Aliases: [domain],
  ViewerCertificate: {
    AcmCertificateArn: certificate,
    SslSupportMethod: "sni-only",
    MinimumProtocolVersion: "TLSv1.2_2021",
  },
});
const unnamed = { ViewerCertificate: { CloudFrontDefaultCertificate: true } };

const distribution = (stage, priceClass, name) => ({
  Type: "AWS::CloudFront::Distribution",
  Properties: {
    DistributionConfig: {
      Comment: `Headgate ${stage}: the dashboard`,
      Enabled: true,
      DefaultRootObject: "index.html",
      HttpVersion: "http2and3",
      IPV6Enabled: true,
      PriceClass: priceClass,
      Origins: [
        {
          Id: "site",
          DomainName: { "Fn::GetAtt": ["SiteBucket", "RegionalDomainName"] },
          S3OriginConfig: { OriginAccessIdentity: "" }, // the older way, which the access control takes the place of
          OriginAccessControlId: { "Fn::GetAtt": ["SiteAccess", "Id"] },
        },
      ],
      DefaultCacheBehavior: {
        TargetOriginId: "site",
        ViewerProtocolPolicy: "redirect-to-https",
        AllowedMethods: ["GET", "HEAD"],
        Compress: true,
        CachePolicyId: CACHED_AS_THE_FILE_SAYS,
        ResponseHeadersPolicyId: ref("SiteHeaders"),
      },
      ...name,
    },
  },
});

module.exports = async ({ resolveVariable }) => {
  if (!(await isHosting({ resolveVariable }))) return {};
  const stage = await resolveVariable("sls:stage");
  const priceClass = await resolveVariable("param:dashboardPriceClass");
  const domain = await resolveVariable("param:dashboardDomain");
  const certificate = await resolveVariable("param:dashboardCertificate");
  if (domain && !certificate) throw new Error(`${domain} needs a dashboardCertificate`);
  const name = domain ? named(domain, certificate) : unnamed;
  return {
    Resources: {
      SiteBucket: bucket(stage),
      SiteBucketPolicy: policy,
      SiteAccess: access(stage),
      SiteHeaders: headers(stage),
      SiteDistribution: distribution(stage, priceClass, name),
    },
    Outputs: {
      DashboardBucket: { Value: ref("SiteBucket") },
      DashboardUrl: { Value: said(`${await dashboard({ resolveVariable })}/`) },
    },
  };
};
module.exports.csp = csp;

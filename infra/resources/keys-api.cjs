"use strict";
// The second door, for X-Api-Key: a JWT authorizer refuses a request without a token before the application sees it,
// so keys have an API of their own with the same paths, where the application asks who it is (docs/decisions/0015).
const { sub, ref, arnOf } = require("./cloudformation.cjs");
const { format } = require("./access-log.cjs");
const cors = require("./cors.cjs");

const upper = (text) => text[0].toUpperCase() + text.slice(1);
const PATHS = ["/v1/{proxy+}", "/health", "/openapi.json", "/docs", "/docs/{name}"];
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

const route = (method, path) => ({
  Type: "AWS::ApiGatewayV2::Route",
  Properties: {
    ApiId: ref("KeysApi"),
    RouteKey: `${method} ${path}`,
    AuthorizationType: "NONE",
    Target: sub("integrations/${KeysApiIntegration}"),
  },
});
const routes = Object.fromEntries(
  PATHS.flatMap((path) =>
    (path.startsWith("/v1") ? METHODS : ["GET"]).map((method) => [
      `KeysApiRoute${upper(method.toLowerCase())}${path.replace(/[^a-z]+(.)?/g, (_, c) => (c ?? "").toUpperCase())}`,
      route(method, path),
    ]),
  ),
);

const stageOf = (rate, burst) => ({
  Type: "AWS::ApiGatewayV2::Stage",
  Properties: {
    ApiId: ref("KeysApi"),
    StageName: "$default",
    AutoDeploy: true,
    AccessLogSettings: { DestinationArn: arnOf("KeysApiLogGroup"), Format: format },
    DefaultRouteSettings: {
      DetailedMetricsEnabled: false,
      ThrottlingRateLimit: rate,
      ThrottlingBurstLimit: burst,
    },
  },
});

module.exports = async ({ resolveVariable }) => {
  const stage = await resolveVariable("sls:stage");
  const rate = await resolveVariable("param:throttleRate");
  const burst = await resolveVariable("param:throttleBurst");
  const days = await resolveVariable("param:logRetentionDays");
  return {
    Resources: {
      KeysApi: {
        Type: "AWS::ApiGatewayV2::Api",
        Properties: {
          Name: `headgate-${stage}-keys`,
          ProtocolType: "HTTP",
          CorsConfiguration: await cors({ resolveVariable }),
        },
      },
      KeysApiStage: stageOf(Number(rate), Number(burst)),
      KeysApiLogGroup: {
        Type: "AWS::Logs::LogGroup",
        Properties: {
          LogGroupName: `/aws/http-api/headgate-${stage}-keys`,
          RetentionInDays: Number(days),
          KmsKeyId: arnOf("Key"),
        },
      },
      KeysApiIntegration: {
        Type: "AWS::ApiGatewayV2::Integration",
        Properties: {
          ApiId: ref("KeysApi"),
          IntegrationType: "AWS_PROXY",
          IntegrationUri: arnOf("ApiLambdaFunction"),
          PayloadFormatVersion: "2.0",
          TimeoutInMillis: 30000,
        },
      },
      KeysApiPermission: {
        Type: "AWS::Lambda::Permission",
        Properties: {
          FunctionName: arnOf("ApiLambdaFunction"),
          Action: "lambda:InvokeFunction",
          Principal: "apigateway.amazonaws.com",
          SourceArn: sub("arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${KeysApi}/*"),
        },
      },
      ...routes,
    },
    Outputs: { KeysApiUrl: { Value: { "Fn::GetAtt": ["KeysApi", "ApiEndpoint"] } } },
  };
};

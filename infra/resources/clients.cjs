"use strict";
// Who may ask for tokens. The dashboard's users get the scopes of their groups (app/claims.py); a partner's client has
// those of the role `partner`, and the scope that names its tenant, and no other client has that one.
const { ref, sub, listed } = require("./cloudformation.cjs");
const origins = require("./origins.cjs");
const { scopes } = require("./routes.cjs");

const ROLES = ["admin", "engineer", "analyst", "partner", "viewer"];
const PARTNER = ["datasets:read", "datasets:write", "files:write"];

const server = (identifier, name, names) => ({
  Type: "AWS::Cognito::UserPoolResourceServer",
  Properties: {
    UserPoolId: ref("UserPool"),
    Identifier: identifier,
    Name: name,
    Scopes: names.map((scope) => ({ ScopeName: scope, ScopeDescription: scope })),
  },
});
const group = (role) => ({
  Type: "AWS::Cognito::UserPoolGroup",
  Properties: { UserPoolId: ref("UserPool"), GroupName: role, Description: `The scopes of the role ${role}` },
});
const short = { AccessToken: "minutes", IdToken: "minutes", RefreshToken: "days" };

const dashboard = (pages) => ({
  Type: "AWS::Cognito::UserPoolClient",
  DependsOn: "Scopes",
  Properties: {
    UserPoolId: ref("UserPool"),
    ClientName: "dashboard",
    GenerateSecret: false, // it runs in a browser: authorization code with PKCE
    AllowedOAuthFlowsUserPoolClient: true,
    AllowedOAuthFlows: ["code"],
    AllowedOAuthScopes: ["openid", ...scopes.map((scope) => `headgate/${scope}`)],
    SupportedIdentityProviders: ["COGNITO"],
    CallbackURLs: pages,
    LogoutURLs: pages,
    ExplicitAuthFlows: ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH"],
    ReadAttributes: ["email", "custom:tenant"],
    WriteAttributes: ["email"], // or a user could move to another tenant
    AccessTokenValidity: 60,
    IdTokenValidity: 60,
    RefreshTokenValidity: 1,
    TokenValidityUnits: short,
    EnableTokenRevocation: true,
    PreventUserExistenceErrors: "ENABLED",
  },
});
const partner = (tenant) => ({
  Type: "AWS::Cognito::UserPoolClient",
  DependsOn: ["Scopes", "Tenants"],
  Properties: {
    UserPoolId: ref("UserPool"),
    ClientName: `partner-${tenant}`,
    GenerateSecret: true,
    AllowedOAuthFlowsUserPoolClient: true,
    AllowedOAuthFlows: ["client_credentials"],
    AllowedOAuthScopes: [`tenant/${tenant}`, ...PARTNER.map((scope) => `headgate/${scope}`)],
    ExplicitAuthFlows: ["ALLOW_REFRESH_TOKEN_AUTH"],
    AccessTokenValidity: 60,
    IdTokenValidity: 60,
    RefreshTokenValidity: 1,
    TokenValidityUnits: short,
    EnableTokenRevocation: true,
  },
});
const title = (tenant) => `${tenant[0].toUpperCase()}${tenant.slice(1)}`;

module.exports = async ({ resolveVariable }) => {
  const pages = (await origins({ resolveVariable })).map((origin) => origins.said(`${origin}/`));
  const tenants = listed(await resolveVariable("param:partners"));
  for (const one of tenants) {
    if (!/^[a-z][a-z0-9]{0,30}$/.test(one)) throw new Error(`${one} cannot be a tenant: letters and digits only`);
  }
  const clients = Object.fromEntries(tenants.map((tenant) => [`Partner${title(tenant)}Client`, partner(tenant)]));
  return {
    audience: [ref("DashboardClient"), ...Object.keys(clients).map(ref)],
    template: {
      Resources: {
        Scopes: server("headgate", "Headgate", scopes),
        ...(tenants.length > 0 && { Tenants: server("tenant", "Tenants", tenants) }),
        ...Object.fromEntries(ROLES.map((role) => [`${title(role)}Group`, group(role)])),
        DashboardClient: dashboard(pages),
        ...clients,
      },
      Outputs: {
        DashboardClientId: { Value: ref("DashboardClient") },
        UserPoolId: { Value: ref("UserPool") },
        SignInUrl: { Value: sub("https://${UserPoolDomain}.auth.${AWS::Region}.amazoncognito.com") },
      },
    },
  };
};

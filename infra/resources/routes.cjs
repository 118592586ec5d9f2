"use strict";
// One route an operation of openapi.json, with the scope that the operation asks for: API Gateway refuses a token
// without it before a function is paid for. Whatever is not listed does not exist.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");

const api = JSON.parse(readFileSync(join(__dirname, "../../openapi.json"), "utf8"));
const operations = Object.entries(api.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ method, path, scope: operation["x-required-scope"] })),
);
const scopes = [...new Set(operations.map((one) => one.scope))].filter((one) => one && one !== "any").sort();
const named = (scope) => `headgate/${scope}`; // Cognito writes the resource server's name before the scope

// A route without scopes lets an ID token in; any one of them is enough for what everyone may.
const authorizer = (scope) => ({ name: "token", scopes: scope === "any" ? scopes.map(named) : [named(scope)] });
const route = ({ method, path, scope }) => ({
  httpApi: { method: method.toUpperCase(), path, ...(scope && { authorizer: authorizer(scope) }) },
});
const pages = ["/openapi.json", "/docs", "/docs/{name}"].map((path) => route({ method: "get", path }));

module.exports = () => [...operations.map(route), ...pages];
module.exports.scopes = scopes;

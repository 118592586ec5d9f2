"use strict";
// API Gateway answers a browser's preflight itself: a request without a token would not reach the application.
// The same as CORS in app/main.py; a test compares them.
const { listed } = require("./cloudformation.cjs");

module.exports = async ({ resolveVariable }) => ({
  allowedOrigins: listed(await resolveVariable("param:corsOrigins")),
  allowedMethods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
  allowedHeaders: [
    "Authorization",
    "X-Api-Key",
    "Content-Type",
    "If-Match",
    "If-None-Match",
    "Idempotency-Key",
    "Prefer",
    "X-Request-Id",
  ],
  exposedResponseHeaders: [
    "Age",
    "ETag",
    "Link",
    "Location",
    "Retry-After",
    "Preference-Applied",
    "X-Chart-Meta",
    "X-Request-Id",
    "X-Truncated",
  ],
  maxAge: 600,
});

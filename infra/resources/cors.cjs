"use strict";
// API Gateway answers a browser's preflight itself: a request without a token would not reach the application.
// The same as CORS in app/main.py; a test compares them.
const origins = require("./origins.cjs");

module.exports = async (variables) => ({
  AllowOrigins: (await origins(variables)).map(origins.said),
  AllowMethods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
  AllowHeaders: [
    "Authorization",
    "X-Api-Key",
    "Content-Type",
    "If-Match",
    "If-None-Match",
    "Idempotency-Key",
    "Prefer",
    "X-Request-Id",
  ],
  ExposeHeaders: [
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
  MaxAge: 600,
});

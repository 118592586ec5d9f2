"use strict";
// From where browsers may call: the sites of corsOrigins, and the dashboard's distribution where the template hosts it.
const { sub, listed } = require("./cloudformation.cjs");

const NOBODY = "https://headgate.invalid"; // an HTTP API and an app client must name some site

module.exports = async ({ resolveVariable }) => {
  const given = listed(await resolveVariable("param:corsOrigins"));
  const hosted = (await isHosting({ resolveVariable })) ? [await dashboard({ resolveVariable })] : [];
  const origins = [...given, ...hosted];
  return origins.length > 0 ? origins : [NOBODY];
};

const isHosting = async ({ resolveVariable }) => `${await resolveVariable("param:dashboardHosting")}` === "true";

const dashboard = async ({ resolveVariable }) =>
  `https://${(await resolveVariable("param:dashboardDomain")) || "${SiteDistribution.DomainName}"}`;

/** What a template says of an origin, or of an address there: a name that AWS gives is known only to CloudFormation. */
const said = (address) => (address.includes("${") ? sub(address) : address);

Object.assign(module.exports, { isHosting, dashboard, said });

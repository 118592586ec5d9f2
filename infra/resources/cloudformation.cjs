"use strict";
// The few CloudFormation functions that the generated resources use.
const sub = (text) => ({ "Fn::Sub": text });
const ref = (name) => ({ Ref: name });
const arnOf = (name) => ({ "Fn::GetAtt": [name, "Arn"] });
const listed = (text) => text.split(",").map((one) => one.trim()).filter(Boolean);

module.exports = { sub, ref, arnOf, listed };

import type { components } from "./schema";

/** The API's models, by their names in openapi.json. */
type Models = components["schemas"];

export type Chart = Models["Chart"];
export type ChartView = Models["ChartView"];
export type Column = Models["Column"];
export type DatasetSummary = Models["DatasetSummary"];
export type DatasetView = Models["DatasetView"];
export type EstimateView = Models["EstimateView"];
export type FileReport = Models["FileReport"];
export type FileState = Models["FileState"];
export type FileView = Models["FileView"];
export type JobDefinition = Models["JobDefinition"];
export type Check = NonNullable<JobDefinition["checks"]>[number];
export type Trigger = NonNullable<JobDefinition["triggers"]>[number];
export type JobView = Models["JobView"];
export type Layout = Models["Layout"];
export type OutputColumn = Models["OutputColumn"];
export type Problem = Models["Problem"];
export type QueryView = Models["QueryView"];
/** Rows are arrays: objects come only to who asks for them. */
export type ResultView = Omit<Models["ResultView"], "rows"> & { rows: unknown[][] };
export type RunView = Models["RunView"];
export type SavedQueryView = Models["SavedQueryView"];
export type Tier = Models["Tier"];
export type Transform = Models["Transform"];
export type Upload = Models["Upload"];
export type UploadPart = Models["UploadPart"];
export type UsageView = Models["UsageView"];
export type VersionView = Models["VersionView"];

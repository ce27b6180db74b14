/** What `pocketbert export --to web` says of the model, in `model/site.json`. */
export interface Site {
  title: string;
  kind: "classification" | "regression";
  labels: string[];
  /** Lowest and highest value of a regression. */
  range: [number, number] | null;
  texts: 1 | 2;
  max_length: number;
  /** "2,000 rows of reviews.csv" */
  data: string;
  models: Model[];
}

export interface Model {
  precision: string;
  /** Addresses, from the page. */
  file: string;
  card: string;
  bytes: number;
  /** How it was made: "dynamic int8, 25% of the layers in fp32". */
  made: string;
  degraded: boolean;
  /** On validation rows, measured on this very file. */
  metric: string;
  value: number;
  rows: number;
}

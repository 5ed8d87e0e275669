// What the server says of a chart: figure.go.
export type Unit = 'count' | 'percent' | 'money' | 'number';
export type Values = (number | null)[];

export interface Series {
  name: string;
  as?: 'bar' | 'line';
  unit?: Unit;
  data: Values;
  low?: Values;
  high?: Values;
  labels?: string[];
}

export interface Payload {
  kind: 'steps' | 'ranked' | 'trend' | 'lines' | 'bars' | 'forest' | 'calibration';
  unit: Unit;
  x: string[];
  series: Series[];
  open?: boolean[];
  hrefs?: string[];
  names: {open?: string; low?: string; high?: string; none?: string};
}

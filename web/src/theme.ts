// The colours of a chart are those of the style sheet, as they are now.
export interface Theme {
  ink: string;
  muted: string;
  line: string;
  card: string;
  good: string;
  bad: string;
  font: string;
  colours: string[];
  width: number; // of the chart, in px
}

export function theme(width: number): Theme {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    ink: read('--ink'), muted: read('--muted'), line: read('--line'), card: read('--card'), good: read('--good'), bad: read('--bad'),
    // A chart measures its words itself: 'inherit' would be measured wrongly.
    font: getComputedStyle(document.body).fontFamily,
    width,
    colours: [1, 2, 3, 4, 5, 6].map((n) => read(`--c${n}`)),
  };
}

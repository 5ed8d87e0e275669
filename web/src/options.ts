// From what the server says to what ECharts draws, a function for each kind.
import type {EChartsCoreOption} from 'echarts/core';
import {write} from './format';
import type {Payload, Series, Unit, Values} from './payload';
import type {Theme} from './theme';

type Option = EChartsCoreOption;
type Point = {dataIndex: number; value: unknown};

const still = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

// Lines across the bars of days whose window is open: a sign that does not
// need colour.
const hatched = (t: Theme) => ({
  symbol: 'rect', rotation: Math.PI / 4, dashArrayX: [1, 0], dashArrayY: [3, 5], color: t.card, symbolSize: 1,
});

// narrow is the width, in px, below which a legend takes two lines.
const narrow = 460;

function base(p: Payload, t: Theme): Option {
  const many = p.series.length > 1 || p.open?.some(Boolean);
  return {
    color: t.colours,
    textStyle: {fontFamily: t.font, color: t.ink},
    animation: !still(), animationDuration: 200,
    aria: {enabled: false},
    tooltip: {
      trigger: 'axis', confine: true, backgroundColor: t.card, borderColor: t.line, textStyle: {color: t.ink, fontSize: 12},
      axisPointer: {type: 'shadow', shadowStyle: {opacity: 0.15}},
    },
    legend: {show: many, top: 0, left: 0, textStyle: {color: t.muted}, icon: 'roundRect', itemHeight: 8, itemWidth: 14},
    grid: {left: 4, right: 12, top: many ? (t.width < narrow ? 54 : 30) : 10, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel'},
  };
}

const axis = (t: Theme) => ({
  axisLine: {lineStyle: {color: t.line}}, axisTick: {show: false}, axisLabel: {color: t.muted, fontSize: 11, hideOverlap: true},
  splitLine: {lineStyle: {color: t.line}},
});

// bounds draws an interval as a line with two ends at every value.
function bounds(s: Series, colour: string, axisIndex: number, sideways = false): Option {
  return {
    type: 'custom', name: s.name, silent: true, yAxisIndex: sideways ? 0 : axisIndex, z: 4, tooltip: {show: false},
    data: s.data.map((_, i) => [i, s.low?.[i] ?? null, s.high?.[i] ?? null]).filter((d) => d[1] !== null && d[2] !== null),
    encode: sideways ? {x: [1, 2], y: 0} : {x: 0, y: [1, 2]},
    renderItem: (_: unknown, api: any) => {
      const place = (v: number) => api.coord(sideways ? [v, api.value(0)] : [api.value(0), v]);
      const [from, to] = [place(api.value(1)), place(api.value(2))];
      const cap = (at: number[]) => (sideways
        ? {x1: at[0], y1: at[1]! - 4, x2: at[0], y2: at[1]! + 4}
        : {x1: at[0]! - 3, y1: at[1], x2: at[0]! + 3, y2: at[1]});
      const line = (shape: object) => ({type: 'line', shape, style: {stroke: colour, lineWidth: 1.2, opacity: 0.75}});
      return {type: 'group', children: [line({x1: from[0], y1: from[1], x2: to[0], y2: to[1]}), line(cap(from)), line(cap(to))]};
    },
  };
}

// betweens draws the intervals of a calibration at what was said.
function betweens(p: Payload, s: Series, t: Theme): Option {
  return {
    type: 'custom', name: s.name, silent: true, tooltip: {show: false}, encode: {x: 0, y: [1, 2]},
    data: s.data.map((_, i) => [Number(p.x[i]), s.low?.[i] ?? null, s.high?.[i] ?? null]).filter((d) => d[1] !== null && d[2] !== null),
    renderItem: (_: unknown, api: any) => {
      const [from, to] = [api.coord([api.value(0), api.value(1)]), api.coord([api.value(0), api.value(2)])];
      return {type: 'line', shape: {x1: from[0], y1: from[1], x2: to[0], y2: to[1]}, style: {stroke: t.muted, lineWidth: 1.2}};
    },
  };
}

const unitOf = (p: Payload, s: Series): Unit => s.unit ?? p.unit;

// tip lists the values of one place with their intervals.
function tip(p: Payload) {
  return (points: Point | Point[]) => {
    const at = (Array.isArray(points) ? points[0] : points)?.dataIndex ?? 0;
    const box = document.createElement('div');
    const add = (words: string, strong = false) => {
      const row = document.createElement(strong ? 'strong' : 'div');
      row.textContent = words;
      box.append(row);
    };
    add(p.x[at] ?? '', true);
    for (const s of p.series) {
      const unit = unitOf(p, s);
      const low = s.low?.[at];
      const range = low === null || low === undefined ? '' : ` (${write(unit, low)}–${write(unit, s.high?.[at])})`;
      add(`${s.name}: ${s.labels?.[at] ?? write(unit, s.data[at])}${range}`);
    }
    if (p.open?.[at] && p.names.open) add(p.names.open);
    return box;
  };
}

function steps(p: Payload, t: Theme): Option {
  const s = p.series[0]!;
  const most = Math.max(1, ...s.data.map((v) => v ?? 0));
  return {
    ...base(p, t),
    tooltip: {...(base(p, t).tooltip as object), trigger: 'item', formatter: tip(p)},
    grid: {left: 4, right: 8, top: 4, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel'},
    xAxis: {type: 'value', show: false, max: most * (t.width < narrow ? 2 : 1.45)},
    yAxis: {type: 'category', inverse: true, data: p.x, ...axis(t), axisLine: {show: false}, axisLabel: {color: t.ink, fontSize: 12}},
    series: [{
      type: 'bar', name: s.name, barMaxWidth: 24, data: s.data.map((value, i) => ({value, itemStyle: {color: p.kind === 'steps' && i === p.x.length - 1 ? t.colours[1] : t.colours[0]}})),
      itemStyle: {borderRadius: 3}, cursor: p.hrefs ? 'pointer' : 'default', barMinHeight: 2,
      label: {show: true, position: 'right', color: t.ink, fontSize: 12, formatter: (q: Point) => s.labels?.[q.dataIndex] ?? write(p.unit, s.data[q.dataIndex])},
    }],
  };
}

// along draws values along an axis of names: bars, lines, or both.
function along(p: Payload, t: Theme): Option {
  const second = p.series.find((s) => s.unit && s.unit !== p.unit)?.unit;
  const most = (unit: Unit) => Math.max(...p.series.filter((s) => unitOf(p, s) === unit).flatMap((s) => [...s.data, ...(s.high ?? [])]).map((v) => v ?? 0));
  const values = (unit: Unit, right: boolean) => ({
    type: 'value', min: 0, max: unit === 'percent' && most(unit) > 0.8 && most(unit) < 1.001 ? 1 : undefined, ...axis(t), splitLine: {show: !right, lineStyle: {color: t.line}},
    axisLabel: {color: t.muted, fontSize: 11, formatter: (v: number) => write(unit, v)},
  });
  const open = p.open?.some(Boolean) && p.names.open;
  return {
    ...base(p, t),
    tooltip: {...(base(p, t).tooltip as object), formatter: tip(p)},
    xAxis: {type: 'category', data: p.x, ...axis(t), splitLine: {show: false}},
    yAxis: second ? [values(p.unit, false), values(second, true)] : [values(p.unit, false)],
    legend: {...(base(p, t).legend as object), data: [...p.series.map((s) => s.name), ...(open ? [open] : [])]},
    series: [
      ...p.series.flatMap((s, i) => {
        const colour = t.colours[i % t.colours.length]!;
        const on = second && s.unit === second ? 1 : 0;
        const bar = (s.as ?? (p.kind === 'bars' ? 'bar' : 'line')) === 'bar';
        const drawn: Option = bar
          ? {
            type: 'bar', name: s.name, yAxisIndex: on, barMaxWidth: 28, cursor: p.hrefs ? 'pointer' : 'default', itemStyle: {color: colour, borderRadius: [3, 3, 0, 0]},
            data: s.data.map((value, n) => ({value, itemStyle: p.open?.[n] ? {decal: hatched(t), opacity: 0.75} : {}})),
          }
          : {
            type: 'line', name: s.name, yAxisIndex: on, symbol: 'circle',
            data: s.data.map((value, n) => ({value, symbol: p.open?.[n] ? 'emptyCircle' : 'circle'})), symbolSize: 6, showSymbol: s.data.length <= 45, connectNulls: false,
            lineStyle: {width: 2, color: colour}, itemStyle: {color: colour}, cursor: p.hrefs ? 'pointer' : 'default',
          };
        return s.low ? [drawn, bounds(s, colour, on)] : [drawn];
      }),
      ...(open ? [{type: 'scatter', name: open, data: [], symbolSize: 0, itemStyle: {color: t.muted, decal: hatched(t)}}] : []),
    ],
  };
}

// forest shows differences with their intervals, and where none would be.
function forest(p: Payload, t: Theme): Option {
  const s = p.series[0]!;
  // Whether more is better depends on the metric: what stands out is told from 0, to whichever side.
  const colour = (i: number) => ((s.low?.[i] ?? 0) > 0 || (s.high?.[i] ?? 0) < 0 ? t.colours[0] : t.muted);
  return {
    ...base(p, t),
    tooltip: {...(base(p, t).tooltip as object), trigger: 'item', formatter: tip(p)},
    xAxis: {type: 'value', scale: true, splitNumber: t.width < narrow ? 2 : 5, ...axis(t), axisLabel: {color: t.muted, fontSize: 11, hideOverlap: true, formatter: (v: number) => write(p.unit, v)}},
    yAxis: {type: 'category', inverse: true, data: p.x, ...axis(t), axisLabel: {color: t.ink, fontSize: 12}},
    series: [
      {
        type: 'scatter', name: s.name, symbolSize: 11, cursor: p.hrefs ? 'pointer' : 'default', z: 5,
        data: s.data.map((v, i) => ({value: [v, i], itemStyle: {color: colour(i)}})),
        markLine: {silent: true, symbol: 'none', label: {show: false}, lineStyle: {color: t.muted, type: 'dashed'}, data: [{xAxis: 0}]},
      },
      bounds(s, t.ink, 0, true),
    ],
  };
}

// calibration holds what was said against what came.
function calibration(p: Payload, t: Theme): Option {
  const share = {type: 'value', min: 0, max: 1, ...axis(t), axisLabel: {color: t.muted, fontSize: 11, formatter: (v: number) => write('percent', v)}};
  const numbers = (data: Values) => data.map((v, i) => [Number(p.x[i]), v]);
  return {
    ...base(p, t),
    tooltip: {...(base(p, t).tooltip as object), trigger: 'item', formatter: tip(p)},
    xAxis: share, yAxis: share,
    series: [
      {type: 'line', name: p.names.none ?? '', data: [[0, 0], [1, 1]], symbol: 'none', silent: true, lineStyle: {type: 'dashed', color: t.muted, width: 1}, itemStyle: {color: t.muted}},
      ...p.series.flatMap((s) => (s.low ? [betweens(p, s, t)] : [])),
      ...p.series.map((s, i) => ({type: 'line', name: s.name, data: numbers(s.data), symbol: 'circle', symbolSize: 7, lineStyle: {color: t.colours[i]}, itemStyle: {color: t.colours[i]}})),
    ],
  };
}

export function option(p: Payload, t: Theme): Option {
  switch (p.kind) {
    case 'steps': case 'ranked': return steps(p, t);
    case 'forest': return forest(p, t);
    case 'calibration': return calibration(p, t);
    default: return along(p, t);
  }
}

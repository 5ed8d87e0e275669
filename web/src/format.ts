import type {Unit} from './payload';

const lang = () => document.documentElement.lang;

// write gives a number as an axis or a tooltip shows it.
export function write(unit: Unit, value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  switch (unit) {
    case 'percent':
      return new Intl.NumberFormat(lang(), {style: 'percent', maximumFractionDigits: 1}).format(value);
    case 'number':
      return new Intl.NumberFormat(lang(), {maximumSignificantDigits: 3}).format(value);
    default:
      return new Intl.NumberFormat(lang(), {notation: 'compact', maximumFractionDigits: 1}).format(value);
  }
}

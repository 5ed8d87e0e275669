// <ask-chart label="..."><script type="application/json">...</script></ask-chart>
import {BarChart, CustomChart, LineChart, ScatterChart} from 'echarts/charts';
import {AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent} from 'echarts/components';
import {init, use, type EChartsType} from 'echarts/core';
import {SVGRenderer} from 'echarts/renderers';
import {option} from './options';
import type {Payload} from './payload';
import {theme} from './theme';

// Aria brings the patterns that hatch.
use([AriaComponent, BarChart, CustomChart, LineChart, ScatterChart, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, SVGRenderer]);

const dark = matchMedia('(prefers-color-scheme: dark)');
const printing = matchMedia('print');

class AskChart extends HTMLElement {
  private chart?: EChartsType;
  private observer?: ResizeObserver;
  private payload?: Payload;
  private readonly draw = () => {
    if (this.payload) this.chart?.setOption(option(this.payload, theme(this.clientWidth)), true);
  };

  connectedCallback() {
    const said = this.querySelector('script[type="application/json"]')?.textContent;
    if (!said || this.chart) return;
    this.payload = JSON.parse(said) as Payload;
    const host = document.createElement('div');
    host.className = 'plot';
    host.setAttribute('role', 'img');
    host.setAttribute('aria-label', this.getAttribute('label') ?? '');
    this.prepend(host);
    this.chart = init(host, null, {renderer: 'svg'});
    this.draw();
    this.chart.on('click', (at) => this.follow(at.dataIndex));
    this.observer = new ResizeObserver(() => { this.chart?.resize(); this.draw(); });
    this.observer.observe(host);
    dark.addEventListener('change', this.draw);
    printing.addEventListener('change', this.draw);
    this.dataset.drawn = '';
  }

  disconnectedCallback() {
    this.observer?.disconnect();
    dark.removeEventListener('change', this.draw);
    printing.removeEventListener('change', this.draw);
    this.chart?.dispose();
    this.chart = undefined;
    this.querySelector('.plot')?.remove();
  }

  // The rows behind a value; the table under the chart has the same links.
  private follow(at: number) {
    const href = this.payload?.hrefs?.[at];
    if (href) location.assign(href);
  }
}

customElements.define('ask-chart', AskChart);

// <ask-live src="..."> exchanges the rows of its first table as they come,
// until the reader pauses. Nothing is announced: rows come faster than anyone
// could listen.
class AskLive extends HTMLElement {
  private source?: EventSource;
  private readonly words: {pause: string; resume: string} = {pause: '', resume: ''};

  connectedCallback() {
    const button = this.querySelector<HTMLButtonElement>('[data-pause]');
    if (!button) return;
    this.words.pause = button.textContent ?? '';
    this.words.resume = button.dataset.resume ?? '';
    this.querySelector('tbody')?.setAttribute('aria-live', 'off');
    button.addEventListener('click', () => {
      if (this.source) this.stop();
      else this.start();
      button.textContent = this.source ? this.words.pause : this.words.resume;
    });
    this.start();
  }

  disconnectedCallback() {
    this.stop();
  }

  private start() {
    this.source = new EventSource(this.getAttribute('src') ?? '');
    this.source.addEventListener('rows', (event) => {
      const body = this.querySelector('tbody');
      if (body) body.innerHTML = (event as MessageEvent<string>).data; // rendered and escaped by the server
      this.dataset.rows = String(body?.rows.length ?? 0);
    });
    this.source.onopen = () => { this.dataset.state = 'live'; };
    this.source.onerror = () => { this.dataset.state = 'again'; };
  }

  private stop() {
    this.source?.close();
    this.source = undefined;
    this.dataset.state = 'paused';
  }
}

customElements.define('ask-live', AskLive);

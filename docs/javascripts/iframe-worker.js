// Search from the file system. Browsers start no web worker from a file:// page, so this one runs in a
// hidden frame instead. On pages that come over HTTP it does nothing.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      this.frame = frame;
      this.loaded = new Promise((resolve) => this.start(String(url), resolve));
    }

    start(url, resolve) {
      const attach = () => {
        document.body.append(this.frame);
        const inside = this.frame.contentWindow;
        inside.postMessage = (data) => this.receive(data);
        inside.importScripts = (...urls) => Promise.all(urls.map((other) => this.run(other)));
        this.run(url).then(resolve);
      };
      document.body ? attach() : addEventListener("DOMContentLoaded", attach);
    }

    run(url) {
      const inside = this.frame.contentDocument;
      return new Promise((resolve, reject) => {
        const script = inside.createElement("script");
        Object.assign(script, { src: url, onload: resolve, onerror: reject });
        inside.body.append(script);
      });
    }

    receive(data) {
      const event = new MessageEvent("message", { data });
      this.dispatchEvent(event);
      if (this.onmessage) this.onmessage(event);
    }

    postMessage(data) {
      this.loaded.then(() => {
        const inside = this.frame.contentWindow;
        inside.dispatchEvent(new inside.MessageEvent("message", { data }));
      });
    }

    terminate() {
      this.frame.remove();
    }
  };
}

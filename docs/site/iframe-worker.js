// Search without a server: browsers start no worker from disk, so there a hidden frame does its work.

"use strict";

class IFrameWorker extends EventTarget {
  // What the page uses of a Worker: postMessage, and events of type message.
  constructor(address) {
    super();
    this.frame = document.createElement("iframe");
    this.frame.hidden = true;
    this.waiting = [];
    this.frame.srcdoc = `<script>
      var IFrameWorker = parent.IFrameWorker;
      var postMessage = data => parent.dispatchEvent(new MessageEvent("message", {data, source: window}));
      var importScripts = (...scripts) => scripts.reduce((before, src) => before.then(() => new Promise((done, failed) => {
        const script = document.createElement("script");
        Object.assign(script, {src, onload: done, onerror: failed});
        document.body.append(script);
      })), Promise.resolve());
    </script><body><script src="${address}"></script></body>`;
    this.frame.addEventListener("load", () => this.ready());
    window.addEventListener("message", event => {
      if (event.source !== this.frame.contentWindow) return;
      this.dispatchEvent(new MessageEvent("message", {data: event.data}));
    });
    document.documentElement.append(this.frame);
  }

  ready() {
    const waiting = this.waiting;
    this.waiting = null;
    for (const data of waiting) this.postMessage(data);
  }

  postMessage(data) {
    if (this.waiting) this.waiting.push(data);
    else this.frame.contentWindow.dispatchEvent(new MessageEvent("message", {data}));
  }

  terminate() {
    this.frame.remove();
  }
}

if (location.protocol === "file:") {
  window.IFrameWorker = IFrameWorker;
  window.Worker = IFrameWorker;
}

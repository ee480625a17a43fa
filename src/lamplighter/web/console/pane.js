// One part of a page: HTML that the server has escaped. It is put in so that what did not change stays as it is: the
// focus, what is written into a field, what is folded open, and where one has scrolled to.
const KEEP = new Set(["open"]);

function same(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName && (one.id || "") === (other.id || "");
}

function attributes(now, next) {
  for (const { name } of [...now.attributes]) {
    if (!next.hasAttribute(name) && !KEEP.has(name)) { now.removeAttribute(name); }
  }
  for (const { name, value } of next.attributes) {
    if (now.getAttribute(name) !== value && !KEEP.has(name)) { now.setAttribute(name, value); }
  }
}

function patch(now, next) {
  if (now.nodeType !== Node.ELEMENT_NODE) {
    if (now.nodeValue !== next.nodeValue) { now.nodeValue = next.nodeValue; }
    return;
  }
  if (now.isEqualNode(next)) { return; }
  // What holds the log back says so by itself.
  if (now.matches("[data-hold]")) { return; }
  attributes(now, next);
  // A time is told anew by the clock of the page.
  if (now.nodeName === "TIME") { now.textContent = next.textContent; return; }
  children(now, next);
}

function children(now, next) {
  const known = new Map([...now.children].filter((one) => one.id).map((one) => [one.id, one]));
  let place = now.firstChild;
  for (const wanted of [...next.childNodes]) {
    const kept = wanted.id && known.get(wanted.id);
    if (kept && same(kept, wanted)) {
      if (kept === place) { place = place.nextSibling; } else { now.insertBefore(kept, place); }
      patch(kept, wanted);
    } else if (place && same(place, wanted) && !place.id) {
      const here = place;
      place = place.nextSibling;
      patch(here, wanted);
    } else {
      now.insertBefore(document.importNode(wanted, true), place);
    }
  }
  while (place) { const gone = place; place = place.nextSibling; gone.remove(); }
}

export default {
  props: { html: String },
  emits: ["act"],
  render() { return globalThis.Vue.h("div", { class: "pane" }); },
  mounted() {
    this.$el.innerHTML = this.html;
    this.shown = this.html;
    this.$el.addEventListener("click", (event) => this.clicked(event));
    this.$el.addEventListener("submit", (event) => this.submitted(event));
    this.$el.addEventListener("hold", (event) => { this.held = event.detail; this.put(); });
    globalThis.lamplighter?.tidy(this.$el);
  },
  updated() { this.put(); },
  methods: {
    put() {
      if (this.held || this.html === this.shown) { return; }
      this.shown = this.html;
      const made = document.createElement("template");
      made.innerHTML = this.html;
      children(this.$el, made.content);
      globalThis.lamplighter?.tidy(this.$el);
    },
    async clicked(event) {
      const button = event.target.closest?.("button[data-act]");
      if (!button || button.form || button.getAttribute("aria-disabled") === "true") { return; }
      await this.act(button, { ...button.dataset });
    },
    async submitted(event) {
      const form = event.target.closest("form[data-act]");
      if (!form) { return; }
      event.preventDefault();
      const fields = Object.fromEntries(new FormData(form, event.submitter));
      if (await this.act(form, { ...form.dataset, ...fields })) { form.reset(); }
    },
    async act(asker, values) {
      const more = asker.dataset.ask ? await globalThis.lamplighter.sure(asker) : {};
      if (more === null) { return false; }
      this.$emit("act", { ...values, ...more });
      return true;
    },
  },
};

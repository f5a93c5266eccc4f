"use strict";
// Comfort only: recording in the browser, and cities of the chosen province. Files and selects work without it.

function recordInto(form) {
  if (!window.MediaRecorder || !navigator.mediaDevices || !window.DataTransfer) return;
  const part = (name) => form.querySelector(`[data-${name}]`);
  const [bar, start, stop, clock, preview, wrong] = ["recorder", "start", "stop", "clock", "preview", "wrong"].map(part);
  const longest = Number(form.dataset.seconds);
  const kinds = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];
  const kind = kinds.find((type) => MediaRecorder.isTypeSupported(type));
  let recorder = null;
  let ticking = 0;
  bar.hidden = false;

  const show = (seconds) => { clock.textContent = `${seconds} / ${longest}`; };
  const ended = (chunks, stream) => {
    clearInterval(ticking);
    stream.getTracks().forEach((track) => track.stop());
    start.hidden = false;
    stop.hidden = true;
    const plain = (recorder.mimeType || kind || "audio/webm").split(";")[0];
    const file = new File(chunks, `clip.${plain.split("/")[1]}`, { type: plain });
    const held = new DataTransfer();
    held.items.add(file);
    form.elements.clip.files = held.files;
    preview.src = URL.createObjectURL(file);
    preview.hidden = false;
  };

  start.addEventListener("click", async () => {
    wrong.hidden = true;
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      wrong.textContent = form.dataset.refused;
      wrong.hidden = false;
      return;
    }
    const chunks = [];
    recorder = new MediaRecorder(stream, { mimeType: kind, audioBitsPerSecond: 64000 });
    recorder.ondataavailable = (event) => event.data.size && chunks.push(event.data);
    recorder.onstop = () => ended(chunks, stream);
    const began = Date.now();
    recorder.start(1000);
    start.hidden = true;
    stop.hidden = false;
    stop.focus();
    show(0);
    ticking = setInterval(() => {
      const seconds = Math.floor((Date.now() - began) / 1000);
      show(seconds);
      if (seconds >= longest && recorder.state === "recording") recorder.stop();
    }, 250);
  });
  stop.addEventListener("click", () => recorder && recorder.state === "recording" && recorder.stop());
}

function narrowCities(block) {
  const province = block.querySelector("[name=province]");
  const city = block.querySelector("[name=city]");
  const groups = [...city.querySelectorAll("optgroup")];
  const narrow = () => {
    const chosen = city.selectedOptions[0];
    city.replaceChildren(city.options[0], ...groups.filter((g) => !province.value || g.dataset.province === province.value));
    city.value = chosen && city.contains(chosen) ? chosen.value : "";
  };
  province.addEventListener("change", narrow);
  narrow();
}

document.querySelectorAll("form[data-record]").forEach(recordInto);
document.querySelectorAll("[data-places]").forEach(narrowCities);

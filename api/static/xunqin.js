"use strict";
document.documentElement.classList.add("js");
// Comfort only: every page works without this file.

const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// Browsers without :has() get the class that the style sheet also knows.
function markChosen(root = document) {
  for (const input of all("input[type=radio], input[type=checkbox]", root)) {
    const holder = input.closest(".pick label, .choice, .crop");
    if (holder) holder.classList.toggle("on", input.checked);
  }
  for (const box of all(".face-box", root)) {
    const input = document.getElementById(box.dataset.for);
    if (input) box.classList.toggle("on", input.checked);
  }
}

// --- photos: smaller before sending, progress while sending, the form never waits for them

const LONGEST = 1600;

async function smaller(file) {
  if (!window.createImageBitmap || !/^image\/(jpeg|png|webp)$/.test(file.type)) return file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = LONGEST / Math.max(picture.width, picture.height);
    if (scale >= 1 && file.size < 1_500_000) return file;
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * Math.min(scale, 1));
    canvas.height = Math.round(picture.height * Math.min(scale, 1));
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
    return blob && blob.size < file.size ? new File([blob], "photo.jpg", { type: "image/jpeg" }) : file;
  } catch {
    return file; // the server reads more formats than the browser
  }
}

function send(block, file, onProgress) {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append("photo_file", file, file.name || "photo.jpg");
    request.open("POST", block.dataset.upload);
    request.setRequestHeader("X-CSRF-Token", block.dataset.csrf);
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onload = () => (request.status === 200 ? done(request.responseText) : fail(request));
    request.onerror = () => fail(request);
    request.send(body);
  });
}

async function take(block, files) {
  const progress = one("#progress", block);
  const bar = one("#bar", block);
  const wrong = one("#upload-wrong", block);
  wrong.replaceChildren();
  progress.hidden = false;
  for (const [index, file] of files.entries()) {
    const done = (share) => { bar.value = (100 * (index + share)) / files.length; };
    try {
      const html = await send(block, await smaller(file), done);
      one("#photos", block).insertAdjacentHTML("beforeend", html);
      markChosen(block);
    } catch {
      const note = document.createElement("p");
      note.className = "note look";
      note.textContent = block.dataset.failed;
      wrong.append(note);
    }
  }
  progress.hidden = true;
  saveDraft();
}

function readyPhotos(block) {
  all("[data-noscript]", block).forEach((button) => { button.hidden = true; });
  block.addEventListener("change", async (event) => {
    if (event.target.type !== "file" || !event.target.files.length) return;
    const files = [...event.target.files];
    await take(block, files);
    event.target.value = "";
  });
  const webcam = one("#webcam", block);
  if (webcam && navigator.mediaDevices && window.HTMLDialogElement && matchMedia("(pointer: fine)").matches) {
    webcam.hidden = false;
    webcam.addEventListener("click", () => openCamera(block));
  }
}

async function openCamera(block) {
  const box = one("#camera-box", block);
  const view = one("#camera-view", block);
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1600 } } });
  } catch {
    one("#webcam", block).disabled = true;
    return;
  }
  const close = () => { stream.getTracks().forEach((track) => track.stop()); box.close(); };
  view.srcObject = stream;
  await view.play();
  box.showModal();
  one("#camera-close", box).onclick = close;
  one("#camera-shot", box).onclick = () => {
    const canvas = document.createElement("canvas");
    canvas.width = view.videoWidth;
    canvas.height = view.videoHeight;
    canvas.getContext("2d").drawImage(view, 0, 0);
    canvas.toBlob((blob) => take(block, [new File([blob], "camera.jpg", { type: "image/jpeg" })]), "image/jpeg", 0.92);
    close();
  };
}

// --- drafts: kept on the server a few seconds after the last change

let draftTimer = 0;
let leaving = false;

async function saveDraft() {
  const form = one("form[data-draft]");
  if (!form || leaving) return;
  const body = new FormData(form);
  body.delete("photo_file");
  const state = one("#draft-state");
  try {
    const answer = await fetch(form.dataset.draft, { method: "POST", body: new URLSearchParams([...body]) });
    if (!answer.ok) return;
    form.elements.draft.value = (await answer.json()).draft;
    const time = new Date().toTimeString().slice(0, 5);
    if (state) state.textContent = form.dataset.saved.replace("{time}", time);
  } catch {
    // no network: the page still holds everything, and the next change tries again
  }
}

function readyForm(form) {
  form.addEventListener("input", () => {
    clearTimeout(draftTimer);
    draftTimer = setTimeout(saveDraft, 3000);
  });
  form.addEventListener("submit", (event) => {
    leaving = true;
    clearTimeout(draftTimer);
    const button = event.submitter;
    if (button && button.value === "save" && form.dataset.searching) {
      const visible = one(".savebar button", form);
      setTimeout(() => { visible.disabled = true; visible.textContent = form.dataset.searching; }, 0);
    }
  });
}

function addRow(button) {
  const group = button.closest("[data-grow]");
  const rows = all("[data-row]", group);
  if (rows.length >= 6) return;
  const copy = rows[0].cloneNode(true);
  for (const field of all("[id]", copy)) field.id = field.id.replace(/-\d+$/, `-${rows.length}`);
  for (const label of all("label[for]", copy)) label.htmlFor = label.htmlFor.replace(/-\d+$/, `-${rows.length}`);
  for (const field of all("input, select", copy)) field.value = "";
  rows[rows.length - 1].after(copy);
  one("select, input", copy).focus();
}

document.addEventListener("change", () => markChosen());
document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-print], [data-add], [data-open], [data-skip-photo]");
  if (!target) return;
  if (target.matches("[data-print]")) window.print();
  else if (target.matches("[data-add]")) { event.preventDefault(); addRow(target); }
  else if (target.matches("[data-open]")) {
    const fold = document.getElementById(target.dataset.open);
    if (!fold) return;
    event.preventDefault();
    fold.open = true;
    fold.scrollIntoView();
    one("input", fold).focus();
  } else {
    event.preventDefault();
    const take = document.getElementById("take");
    if (take) take.closest("section").hidden = true;
    one("#heard input").focus();
  }
});
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button && button.dataset.busy) {
    const words = button.dataset.busy;
    setTimeout(() => { button.disabled = true; button.textContent = words; }, 0);
  }
});
document.addEventListener("htmx:afterSettle", () => markChosen());
window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });

function ready() {
  all("[data-print]").forEach((button) => { button.hidden = false; });
  const block = one("#photo-block[data-upload]");
  if (block) readyPhotos(block);
  const form = one("form#record");
  if (form) readyForm(form);
  const summary = one("#summary");
  if (summary) summary.focus();
  markChosen();
}
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready);
else ready();
